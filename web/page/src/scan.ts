/**
 * `<sspd-scan>`: measures the heart rate on the device, from a camera or a video file.
 *
 * Attributes: `base`, the address of the folder with the package's other files (by default that
 * of this module); `seconds`, 10 to 30; `lang`. Events: `sspd-update`, `sspd-result` and
 * `sspd-trouble`, with their facts in `detail`.
 */

import uplotCss from "uplot/dist/uPlot.min.css";

import type { Answer, Request } from "./protocol.js";
import { toCsv, toJson } from "./report.js";
import { resultView } from "./result-view.js";
import type { Final, Update } from "./session/session.js";
import {
  type Listener,
  openCamera,
  openFile,
  type Shot,
  type Source,
  SourceTrouble,
} from "./sources.js";
import css from "./style.css";
import { type Texts, textsOf, type Trouble } from "./texts/index.js";
import { View } from "./view.js";

/** Frames of a camera that may wait for the worker; a file is held back much earlier. */
const MOST_WAITING = 45;
const HELD_WAITING = 6;
const SECONDS = { least: 10, most: 30 } as const;
/** An overload is told for this long, milliseconds. */
const OVERLOAD_MS = 3000;

/** Facts of `sspd-result`: what was found, and the files of `sspd measure`. */
export interface ScanResult extends Final {
  readonly json: string;
  /** Of one row, as of `sspd measure`. */
  readonly csv: string;
}

export class SspdScan extends HTMLElement {
  #view: View | null = null;
  #texts: Texts = textsOf(null);
  #worker: Worker | null = null;
  #ready: Promise<string> | null = null;
  #source: Source | null = null;
  #waiting = 0;
  #overloadMs = -Infinity;
  #trouble: Trouble | null = null;
  #isMeasuring = false;
  /** Whether the worker reads the result. */
  #isFinishing = false;
  #name = "camera";
  #weights = "";
  /** Rises with each measurement, so that what an older one still says is not heard. */
  #run = 0;

  connectedCallback(): void {
    if (this.#view !== null) return;
    this.#texts = textsOf(this.getAttribute("lang") ?? document.documentElement.lang);
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`${uplotCss}\n${css}`);
    root.adoptedStyleSheets = [sheet];
    this.#view = new View(this.#texts, this.#seconds(), {
      onCamera: () => void this.start(),
      onFile: (file) => void this.measure(file),
      onStop: () => this.stop(),
    });
    root.append(this.#view.root);
  }

  disconnectedCallback(): void {
    this.#run++;
    this.#close();
    this.#worker?.terminate();
    this.#worker = null;
    this.#ready = null;
  }

  /** Measure what the camera sees. */
  async start(): Promise<void> {
    const { video } = this.#view!;
    await this.#open(false, (listener) => openCamera(video, listener));
  }

  /** Measure a video file. */
  async measure(file: File): Promise<void> {
    const { video } = this.#view!;
    await this.#open(true, (listener) => openFile(video, file, listener));
  }

  /** End the measurement: with a result if there is one, else at the beginning. */
  stop(): void {
    if (this.#isMeasuring) this.#finish();
    else {
      this.#run++;
      this.#close();
      this.#view!.idle();
    }
  }

  async #open(isFile: boolean, open: (listener: Listener) => Promise<Source>): Promise<void> {
    const run = ++this.#run;
    const text = isFile ? this.#texts.openingFile : this.#texts.opening;
    this.#close();
    this.#view!.wait(this.#ready === null ? this.#texts.loading : text);
    try {
      if (typeof WebAssembly === "undefined") throw new SourceTrouble("unsupported");
      this.#weights = await this.#loaded();
      if (run !== this.#run) return;
      this.#view!.wait(text);
      this.#tell({ kind: "begin", seconds: this.#seconds(), isFile });
      this.#waiting = 0;
      const source = await open(this.#listener(run));
      if (run !== this.#run) return source.stop();
      this.#source = source;
      this.#isMeasuring = true;
      this.#view!.measure(!isFile);
    } catch (error) {
      if (!(error instanceof SourceTrouble)) console.error(error);
      if (run === this.#run) this.#fail(error instanceof SourceTrouble ? error.trouble : "broken");
    }
  }

  #listener(run: number): Listener {
    return {
      onShot: (shot) => run === this.#run && this.#take(shot),
      onEnd: () => run === this.#run && this.#finish(),
      onTrouble: (trouble) => run === this.#run && this.#hear(trouble),
    };
  }

  /** Load the networks in a worker, once. */
  #loaded(): Promise<string> {
    this.#ready ??= new Promise((resolve, reject) => {
      const base = new URL(
        this.getAttribute("base") ?? ".",
        this.hasAttribute("base") ? document.baseURI : import.meta.url,
      ).href;
      const worker = new Worker(new URL("worker.js", base), { type: "module" });
      const failed = (what: string): void => {
        console.error(`sspd: ${what}`);
        worker.terminate();
        this.#ready = null;
        if (this.#isMeasuring || this.#isFinishing) this.#fail("broken");
        reject(new SourceTrouble("load"));
      };
      worker.addEventListener("error", (event) =>
        failed(event.message || "the worker did not start"),
      );
      worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
        if (data.kind === "ready") resolve(data.weights);
        else if (data.kind === "failed") failed(data.what);
        else this.#answer(data);
      });
      this.#worker = worker;
      this.#tell({ kind: "load", base });
    });
    return this.#ready;
  }

  #answer(answer: Answer): void {
    if (answer.kind === "taken") {
      this.#waiting--;
      if (this.#waiting < HELD_WAITING / 2) this.#source?.hold(false);
      if (answer.update !== null && this.#isMeasuring) this.#show(answer.update);
    } else if (answer.kind === "final") this.#end(answer.final);
  }

  #take({ t, width, height, pixels }: Shot): void {
    if (!this.#isMeasuring) return;
    if (this.#waiting >= MOST_WAITING) {
      this.#overloadMs = performance.now();
      return;
    }
    this.#waiting++;
    if (this.#waiting >= HELD_WAITING) this.#source?.hold(true);
    this.#tell({ kind: "frame", t, width, height, pixels }, [pixels]);
  }

  #show(update: Update): void {
    this.#view!.update(update);
    if (this.#trouble !== null) this.#view!.hint(this.#texts.troubles[this.#trouble]);
    else if (performance.now() - this.#overloadMs < OVERLOAD_MS)
      this.#view!.hint(this.#texts.hints.overloaded);
    this.#say("sspd-update", update);
    if (update.isOver) this.#finish();
  }

  #hear(trouble: Trouble | null): void {
    if (trouble === "unplugged") return this.#fail(trouble);
    this.#trouble = trouble;
    if (trouble !== null) {
      this.#view!.hint(this.#texts.troubles[trouble]);
      this.#say("sspd-trouble", trouble);
    } else this.#view!.hint("");
  }

  #finish(): void {
    if (!this.#isMeasuring) return;
    this.#isMeasuring = false;
    const { name } = this.#source!;
    this.#close();
    this.#name = name;
    this.#isFinishing = true;
    this.#view!.wait(this.#texts.finishing);
    this.#tell({ kind: "finish" });
  }

  #end(final: Final): void {
    if (!this.#isFinishing) return; // it was stopped meanwhile
    this.#isFinishing = false;
    const origin = { source: this.#name, weights: this.#weights };
    this.#view!.result(resultView(final, origin, this.#texts), final.hrBpm === null);
    const files = { json: toJson(final, origin), csv: toCsv(final, origin) };
    this.#say("sspd-result", { ...final, ...files } satisfies ScanResult);
  }

  #fail(trouble: Trouble): void {
    this.#run++;
    this.#close();
    this.#view!.trouble(trouble);
    this.#say("sspd-trouble", trouble);
  }

  #close(): void {
    this.#isMeasuring = this.#isFinishing = false;
    this.#trouble = null;
    this.#source?.stop();
    this.#source = null;
  }

  #seconds(): number {
    const wanted = Number(this.getAttribute("seconds") ?? SECONDS.most);
    const isIn = wanted >= SECONDS.least && wanted <= SECONDS.most;
    if (!isIn) throw new RangeError(`seconds must be ${SECONDS.least} to ${SECONDS.most}`);
    return wanted;
  }

  #tell(request: Request, transfer: Transferable[] = []): void {
    this.#worker?.postMessage(request, transfer);
  }

  #say(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "sspd-scan": SspdScan;
  }
}

if (!customElements.get("sspd-scan")) customElements.define("sspd-scan", SspdScan);
