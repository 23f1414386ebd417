/** Where frames come from: a camera or a video file, shown in a video element. */

import type { Trouble } from "./texts/index.js";

/** Wider frames are reduced to this width, pixels. */
const MOST_WIDTH = 640;
/** A file of which frames are missed is played more slowly, down to this rate. */
const SLOWEST = 0.25;
const SLOWER = 0.7;
/** Of so many frames at most so many may be missed. */
const [COUNTED, MOST_MISSED] = [15, 1];
/** A camera without a frame for so long has stalled, milliseconds. */
const STALLED_MS = 2000;
const WATCH_MS = 500;
/** Exposure and white balance are locked after this, milliseconds. */
const LOCK_MS = 1500;

/** A trouble that has words for it. */
export class SourceTrouble extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble);
  }
}

/** Pixels of a frame, RGBA, and its time, seconds. */
export interface Shot {
  readonly t: number;
  readonly width: number;
  readonly height: number;
  readonly pixels: ArrayBuffer;
}

/** What a source tells. */
export interface Listener {
  /** Returns false if the frame could not be taken. */
  readonly onShot: (shot: Shot) => void;
  /** The source ended for good: all of a file was seen. */
  readonly onEnd: () => void;
  /** Null: the trouble is over. Those of a lost camera end the source. */
  readonly onTrouble: (trouble: Trouble | null) => void;
}

/** A source that gives frames until it is stopped. */
export interface Source {
  readonly name: string;
  stop(): void;
  /** Hold a file back while too many frames wait; a camera cannot be held. */
  hold(isHeld: boolean): void;
}

/** Open the camera; a `SourceTrouble` says what is wrong with it. */
export async function openCamera(video: HTMLVideoElement, listener: Listener): Promise<Source> {
  if (!window.isSecureContext || navigator.mediaDevices === undefined) {
    throw new SourceTrouble("insecure");
  }
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: {
        width: { ideal: 640 },
        height: { ideal: 480 },
        frameRate: { ideal: 30 },
        facingMode: "user",
      },
    });
  } catch (error) {
    throw new SourceTrouble(troubleOf(error));
  }
  const track = stream.getVideoTracks()[0]!;
  video.srcObject = stream;
  await video.play();
  const grabber = new Grabber(video, listener, null);
  const lost = (): void => {
    close();
    listener.onTrouble("unplugged");
  };
  const watch = watchCamera(grabber, listener);
  const lock = window.setTimeout(() => void lockExposure(track), LOCK_MS);
  const close = (): void => {
    track.removeEventListener("ended", lost);
    window.clearTimeout(lock);
    watch();
    grabber.stop();
    stream.getTracks().forEach((each) => each.stop());
    video.srcObject = null;
  };
  track.addEventListener("ended", lost);
  return { name: "camera", stop: close, hold: () => {} };
}

/** Open a video file, and play it. */
export async function openFile(
  video: HTMLVideoElement,
  file: File,
  listener: Listener,
): Promise<Source> {
  const address = URL.createObjectURL(file);
  let isHeld = false;
  const close = (): void => {
    grabber.stop();
    video.pause();
    video.removeEventListener("ended", listener.onEnd);
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(address);
  };
  const grabber = new Grabber(video, listener, slowedWhereMissed(video));
  video.playbackRate = 1;
  video.src = address;
  video.addEventListener("ended", listener.onEnd);
  try {
    await video.play();
    if (!video.videoWidth) throw new SourceTrouble("unreadable");
  } catch {
    close();
    throw new SourceTrouble("unreadable");
  }
  const hold = (wanted: boolean): void => {
    if (wanted === isHeld) return;
    isHeld = wanted;
    if (wanted) video.pause();
    else void video.play();
  };
  return { name: file.name, stop: close, hold };
}

/** Return what hears how many frames were shown so far, and plays a file of which many miss slower. */
function slowedWhereMissed(video: HTMLVideoElement): (presented: number) => void {
  let [last, n, missed] = [0, 0, 0];
  return (presented) => {
    if (last > 0) missed += presented - last - 1;
    last = presented;
    if (++n < COUNTED) return;
    if (missed > MOST_MISSED) video.playbackRate = Math.max(SLOWEST, SLOWER * video.playbackRate);
    n = missed = 0;
  };
}

function troubleOf(error: unknown): Trouble {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return "busy";
}

/** Copies each frame that a video element shows. */
class Grabber {
  readonly #canvas = document.createElement("canvas");
  readonly #context = this.#canvas.getContext("2d", { willReadFrequently: true })!;
  #isStopped = false;
  #lastMs = performance.now();
  #shownS = -1;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly listener: Listener,
    /** Of a file: is told how many frames were shown so far. */
    private readonly onPresented: ((presented: number) => void) | null,
  ) {
    this.#next();
  }

  /** When the last frame came, milliseconds. */
  get lastMs(): number {
    return this.#lastMs;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Begin to wait for frames anew. */
  touch(): void {
    this.#lastMs = performance.now();
  }

  #next(): void {
    if (this.#isStopped) return;
    if ("requestVideoFrameCallback" in this.video) {
      this.video.requestVideoFrameCallback((_, facts) => {
        // of a camera: when the frame was captured, or else shown, both by the page's clock
        const ms = facts.captureTime ?? facts.presentationTime;
        this.onPresented?.(facts.presentedFrames);
        this.#grab(this.onPresented === null ? ms / 1000 : facts.mediaTime);
        this.#next();
      });
    } else {
      // browsers without the call above: a frame is seen by the time of the video
      requestAnimationFrame(() => {
        const { currentTime } = this.video as HTMLVideoElement;
        if (currentTime !== this.#shownS) this.#grab(currentTime);
        this.#shownS = currentTime;
        this.#next();
      });
    }
  }

  #grab(t: number): void {
    const { videoWidth, videoHeight } = this.video;
    if (this.#isStopped || !videoWidth) return;
    this.#lastMs = performance.now();
    const scale = Math.min(1, MOST_WIDTH / videoWidth);
    const [width, height] = [Math.round(scale * videoWidth), Math.round(scale * videoHeight)];
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#context.drawImage(this.video, 0, 0, width, height);
    const { data } = this.#context.getImageData(0, 0, width, height);
    this.listener.onShot({ t, width, height, pixels: data.buffer as ArrayBuffer });
  }
}

/** Tell when a camera stalls or the page is hidden; returns what ends that. */
function watchCamera(grabber: Grabber, listener: Listener): () => void {
  let told: Trouble | null = null;
  const tell = (trouble: Trouble | null): void => {
    if (trouble !== told) listener.onTrouble(trouble);
    told = trouble;
  };
  const look = (): void => {
    if (document.hidden) tell("hidden");
    else if (performance.now() - grabber.lastMs > STALLED_MS)
      tell(told === "hidden" ? "hidden" : "stalled");
    else if (told === "stalled") tell(null);
  };
  const onHidden = (): void => {
    if (document.hidden) return tell("hidden");
    grabber.touch();
    window.setTimeout(() => told === "hidden" && !document.hidden && tell(null), STALLED_MS);
  };
  const timer = window.setInterval(look, WATCH_MS);
  document.addEventListener("visibilitychange", onHidden);
  return () => {
    window.clearInterval(timer);
    document.removeEventListener("visibilitychange", onHidden);
  };
}

/** Lock exposure and white balance where browser and camera can: they change colours. */
async function lockExposure(track: MediaStreamTrack): Promise<void> {
  const can = (track.getCapabilities?.() ?? {}) as Record<string, unknown>;
  const modes = ["exposureMode", "whiteBalanceMode"].filter((name) => {
    const values = can[name];
    return Array.isArray(values) && values.includes("manual");
  });
  if (!modes.length || track.readyState !== "live") return;
  const advanced = [Object.fromEntries(modes.map((name) => [name, "manual"]))];
  // a camera that does not do it stays as it was
  await track.applyConstraints({ advanced } as MediaTrackConstraints).catch(() => {});
}
