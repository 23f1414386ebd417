/** A live measurement of whoever sits before the camera: frames in, updates and a result out. */

import {
  type Box,
  type FrameRow,
  Measurement,
  type RgbImage,
  pulseBand,
  type Result,
  type Window,
} from "../../../js/src/index.js";
import { type Detector, type Found, padded } from "../face/detect.js";
import type { Network } from "../network.js";
import {
  brightness,
  conditions,
  type Hint,
  type HintState,
  nextHint,
  noHint,
  type Place,
} from "./hints.js";
import { firstPhase, LOST_S, nextPhase, type Phase, type PhaseName, shownBpm } from "./phases.js";

/** Time between two looks for a face, with one and without, seconds. */
const LOOK_S = 1;
const LOST_LOOK_S = 0.5;
/** A window is read, and the waveform is shown, this often, seconds. */
const READ_S = 1;
const SHOW_S = 0.2;
/** How much of the waveform is shown, and the least of it, seconds. */
const SHOWN_S = 8;
const SHORTEST_S = 2;
/** A face that moves by more than this, in widths of its box, is measured anew. */
const MOST_MOVED = 1 / 3;
/** A pause between two frames after which a face is measured anew, seconds. */
const GAP_S = 1;
/** A measurement that begins anew for so long ends with what there is, seconds. */
const MOST_S = 120;
/** A measurement of so long is kept when another begins, seconds. */
const WORTH_S = 8;
/** A frame may come so much early, seconds. */
const EARLY_S = 0.05;

/** What is shown at some moment. */
export interface Update {
  readonly timeS: number;
  readonly phase: PhaseName;
  /** Part of the time that is measured, to 1. */
  readonly progress: number;
  readonly leftS: number;
  /** A rate that two readings agreed on; null: none is shown. */
  readonly hrBpm: number | null;
  readonly confidence: number | null;
  readonly hint: Hint | null;
  /** Mean pixel value of the face, 0-255; null: no face. */
  readonly light: number | null;
  readonly box: Box | null;
  /** Size of the frame, pixels. */
  readonly frame: { readonly width: number; readonly height: number };
  /** The last seconds of the pulse, 0 in the mean; null: too short yet. */
  readonly wave: Float64Array | null;
  readonly fs: number;
  readonly isOver: boolean;
}

/** What a session found. */
export interface Final {
  /** Null: no face was found. */
  readonly result: Result | null;
  readonly reasons: readonly string[];
  readonly hrBpm: number | null;
  readonly confidence: number | null;
  readonly frames: number;
}

export class Session {
  #phase: Phase = firstPhase();
  #hint: HintState = noHint();
  #measurement: Measurement | null = null;
  /** The longest one that had to end before its time. */
  #earlier: Measurement | null = null;
  #face: Found | null = null;
  #faces = 0;
  #wasSeen = false;
  #firstS: number | null = null;
  /** When the measurement began: its times are counted from there. */
  #beganS = 0;
  #lastS = -Infinity;
  #lookS = -Infinity;
  #readS = -Infinity;
  #showS = -Infinity;
  #seenS = -Infinity;
  #window: Window | null = null;
  #frames = 0;

  constructor(
    private readonly network: Network,
    private readonly detect: Detector,
    private readonly seconds: number,
    private readonly isFile: boolean,
  ) {}

  /** Take in a frame at time `t`, seconds; returns an update if it is time for one. */
  async push(frame: RgbImage, t: number): Promise<Update | null> {
    if (!(t > this.#lastS)) return null;
    if (t - this.#lastS > GAP_S) this.#begin(null, t);
    this.#firstS ??= t;
    this.#lastS = t;
    const every = this.#measurement === null ? LOST_LOOK_S : LOOK_S;
    if (t - this.#lookS >= every) this.#look(frame, t);
    const row = (await this.#measurement?.push(frame, t - this.#beganS)) ?? null;
    if (row !== null) this.#frames++;
    const isOver = this.#isOver(t);
    if (!isOver && t - this.#showS < SHOW_S) return null;
    this.#showS = t;
    return this.#update(frame, row, t, isOver);
  }

  /** End the session, and return what it found. */
  async finish(): Promise<Final> {
    const isShort = (this.#measurement?.spanS ?? 0) < (this.#earlier?.spanS ?? 0);
    const longest = isShort ? this.#earlier : this.#measurement;
    const result = (await longest?.close()) ?? null;
    const accepted = result?.windows.find((window) => !window.reasons.length) ?? null;
    const lost = this.#wasSeen ? "face_lost" : "no_face";
    return {
      result,
      reasons: result?.reasons ?? [lost],
      hrBpm: accepted?.spectralBpm ?? null,
      confidence: (accepted ?? result?.windows[0])?.confidence ?? null,
      frames: this.#frames,
    };
  }

  #isOver(t: number): boolean {
    const isDone = (this.#measurement?.spanS ?? 0) >= this.seconds - EARLY_S;
    return isDone || t - (this.#firstS ?? t) >= MOST_S;
  }

  #look(frame: RgbImage, t: number): void {
    this.#lookS = t;
    const found = this.detect(frame);
    this.#faces = found.length;
    const face = found[0] ?? null;
    if (face === null) {
      if (t - this.#seenS >= LOST_S) this.#begin(null, t);
      return;
    }
    this.#seenS = t;
    this.#wasSeen = true;
    this.#face = face;
    const box = padded(face, frame.width, frame.height);
    const own = this.#measurement?.box ?? null;
    if (own === null || distance(own, box) > MOST_MOVED * (own.right - own.left))
      this.#begin(box, t);
  }

  /** Begin a measurement anew; without a box there is nothing to measure. */
  #begin(box: Box | null, t: number): void {
    const { spec, step } = this.network;
    const ended = this.#measurement;
    if (ended !== null && ended.spanS >= Math.max(WORTH_S, this.#earlier?.spanS ?? 0)) {
      this.#earlier = ended;
    }
    this.#measurement = box === null ? null : new Measurement(spec, step, box, !this.isFile);
    if (box === null) this.#face = null;
    this.#window = null;
    this.#readS = this.#beganS = t;
  }

  #update(frame: RgbImage, row: FrameRow | null, t: number, isOver: boolean): Update {
    const measurement = this.#measurement;
    let rateBpm: number | null | undefined;
    if (measurement !== null && t - this.#readS >= READ_S) {
      this.#readS = t;
      this.#window = measurement.now()?.window ?? null;
      rateBpm =
        this.#window === null || this.#window.reasons.length ? null : this.#window.spectralBpm;
    }
    const seen = { timeS: t, face: measurement !== null };
    this.#phase = nextPhase(this.#phase, rateBpm === undefined ? seen : { ...seen, rateBpm });
    const place = this.#face === null ? null : placeOf(this.#face, frame);
    const reasons = this.#window?.reasons ?? [];
    const holding = conditions(place, row, this.#faces, reasons, this.#hint.begunS);
    this.#hint = nextHint(this.#hint, holding, t);
    const span = measurement?.spanS ?? 0;
    const hrBpm = shownBpm(this.#phase, t);
    return {
      timeS: t,
      phase: isOver ? "done" : this.#phase.name,
      progress: Math.min(1, span / this.seconds),
      leftS: Math.max(0, this.seconds - span),
      hrBpm,
      confidence: hrBpm === null ? null : (this.#window?.confidence ?? null),
      hint: this.#hint.name,
      light: row === null ? null : brightness(row),
      box: measurement?.box ?? null,
      frame: { width: frame.width, height: frame.height },
      wave: measurement === null ? null : shown(measurement),
      fs: this.network.spec.fs,
      isOver,
    };
  }
}

/** Return the last seconds of the pulse, filtered. */
function shown(measurement: Measurement): Float64Array | null {
  const { values, fs } = measurement.tail(SHOWN_S);
  if (values.length < SHORTEST_S * fs || values.every((v) => v === values[0])) return null;
  return pulseBand(values, fs);
}

function placeOf(face: Found, { width, height }: RgbImage): Place {
  const x = (face.x + face.width / 2) / width - 0.5;
  const y = (face.y + face.height / 2) / height - 0.5;
  const aside = Math.max(Math.abs(x), Math.abs(y));
  return { widthPx: face.width, width: face.width / width, aside };
}

function distance(a: Box, b: Box): number {
  return Math.hypot(a.left + a.right - b.left - b.right, a.top + a.bottom - b.top - b.bottom) / 2;
}
