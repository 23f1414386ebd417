/**
 * One measurement of a face in a fixed box: frames go in, what is known so far comes out, and at
 * the end the result, as `sspd.measure` gives it for the same frames, times and box.
 */

import { assessWindow, type FrameRows } from "./assess.js";
import { equalize } from "./filters.js";
import type { Colours } from "./flicker.js";
import { type FrameRow, measureFrame } from "./frame-statistics.js";
import { beginGrid, closeGrid, type GridState, pushGrid } from "./grid.js";
import {
  beginNano,
  finishNano,
  type NanoSpec,
  type NanoStep,
  type NanoStream,
  pushNano,
} from "./nano.js";
import { type Box, cropFace, type RgbImage } from "./images.js";
import { markNew, type RepeatMemory, repeatMemory, seenChange } from "./repeats.js";
import type { Rhythm } from "./rhythm.js";
import {
  begin,
  close,
  endS,
  push,
  rhythmNow,
  type Settings,
  settings,
  type State,
  windowNow,
} from "./streaming.js";
import type { Signal, Window } from "./windows.js";

/** Fewest faces on the grid that give a waveform. */
const FEWEST_FACES = 4;
/** Crops hold this part of a pixel value, as those of Python do. */
const CROP_PARTS = 256;
/** Longest measurement: one segment with one box, seconds. */
export const LONGEST_S = 30;

/** What a measurement found. */
export interface Result {
  readonly windows: readonly Window[];
  /** Reasons if no window was accepted. */
  readonly reasons: readonly string[];
  readonly rhythm: Rhythm;
  /** The pulse, equalized; null if there were too few frames. */
  readonly signal: Signal | null;
  readonly box: Box;
  /** New frames per second. */
  readonly fps: number | null;
  readonly startS: number;
  readonly endS: number;
}

/** What is known at some moment of a measurement. */
export interface Moment {
  readonly timeS: number;
  /** Null under 8 s. */
  readonly window: Window | null;
  readonly row: FrameRow;
}

/** A measurement in progress. */
export class Measurement {
  readonly #times: number[] = [];
  readonly #rows: FrameRow[] = [];
  readonly #memory: RepeatMemory = repeatMemory();
  readonly #values: number[] = [];
  #grid: GridState | null = null;
  #nano: NanoStream;
  #readout: State | null = null;

  constructor(
    readonly spec: NanoSpec,
    step: NanoStep,
    readonly box: Box,
    /** Whether the frames are a camera's, not those of a codec that may look ahead. */
    private readonly oneWay = true,
  ) {
    this.#nano = beginNano(spec, step);
  }

  /** Seconds between the first and the last frame. */
  get spanS(): number {
    return this.#times.length ? this.#times[this.#times.length - 1]! - this.#times[0]! : 0;
  }

  /** Take in a frame at time `t`, seconds, later than those before. */
  async push(frame: RgbImage, t: number): Promise<FrameRow> {
    const crop = cropFace(frame, this.box, this.spec.size);
    const before = this.#rows[this.#rows.length - 1] ?? null;
    const row = measureFrame(frame, this.box, crop, before);
    seenChange(this.#memory, frame, this.box, t);
    this.#times.push(t);
    this.#rows.push(row);
    const data = Float32Array.from(crop.data, (v) => Math.floor(v * CROP_PARTS + 0.5) / CROP_PARTS);
    if (this.#grid === null) {
      this.#grid = beginGrid(this.spec.fs, { t, data });
      return row;
    }
    const { state, faces } = pushGrid(this.#grid, { t, data });
    this.#grid = state;
    await this.#through(faces);
    return row;
  }

  /** Return what is known now; null before the first frame. */
  now(): Moment | null {
    const row = this.#rows[this.#rows.length - 1];
    if (row === undefined) return null;
    const window = this.#readout === null ? null : windowNow(this.#readout);
    return { timeS: this.#times[this.#times.length - 1]!, window, row };
  }

  /** Return the last values of the waveform, as the network gives them. */
  tail(seconds: number): Signal {
    const { fs } = this.spec;
    const first = Math.max(0, this.#values.length - Math.round(seconds * fs));
    const startS = this.#startS() + first / fs;
    return { values: Float64Array.from(this.#values.slice(first)), fs, startS };
  }

  /** End the measurement, and return its result. */
  async close(): Promise<Result> {
    if (this.#grid !== null) await this.#through(closeGrid(this.#grid));
    this.#take(await finishNano(this.#nano));
    const { fs, taps } = this.spec;
    const isRead = this.#values.length >= FEWEST_FACES && this.#readout !== null;
    const windows = isRead ? close(this.#readout!) : [];
    const values = Float64Array.from(this.#values);
    const pulse = taps === null || !isRead ? values : equalize(values, taps);
    return {
      windows,
      reasons: reasonsOf(windows),
      rhythm: rhythmNow(this.#readout ?? begin(this.#settings())),
      signal: isRead ? { values: pulse, fs, startS: this.#startS() } : null,
      box: this.box,
      fps: newFps(this.#frameRows()),
      startS: this.#times[0] ?? 0,
      endS: this.#readout === null ? (this.#times[0] ?? 0) : endS(this.#readout),
    };
  }

  async #through(faces: readonly Float32Array[]): Promise<void> {
    for (const face of faces) {
      const { stream, value } = await pushNano(this.#nano, face);
      this.#nano = stream;
      if (value !== null) this.#take([value]);
    }
  }

  #take(values: readonly number[]): void {
    this.#values.push(...values);
    this.#readout = push(this.#readout ?? begin(this.#settings()), values).state;
  }

  #startS(): number {
    return (this.#times[0] ?? 0) - this.spec.delayS;
  }

  #settings(): Settings {
    const { fs, taps, confidence } = this.spec;
    const read = (part: Signal): Window => assessWindow(part, this.#frameRows(), { confidence });
    return settings(fs, { startS: this.#startS(), windowS: LONGEST_S, taps, read });
  }

  #frameRows(): FrameRows {
    const t = Float64Array.from(this.#times);
    const rows = frameRows(this.#rows);
    return { t, ...rows, isNew: markNew(this.#memory, t, rows.quarters, this.oneWay) };
  }
}

/** Return statistics of frames as traces, in the precision in which Python has them. */
function frameRows(rows: readonly FrameRow[]): Omit<FrameRows, "t" | "isNew"> {
  const trace = (of: (row: FrameRow) => number): Float64Array =>
    Float64Array.from(rows, (row) => Math.fround(of(row)));
  const colours = (of: (row: FrameRow) => readonly number[]): Colours =>
    [0, 1, 2].map((c) => trace((row) => of(row)[c]!)) as unknown as Colours;
  return {
    quarters: [0, 1, 2, 3].map((k) => colours((row) => row.quartersRgb[k]!)),
    box: colours((row) => row.faceRgb),
    background: colours((row) => row.backgroundRgb),
    moved: colours((row) => row.moved),
    overexposed: trace((row) => row.overexposed),
    dark: trace((row) => row.dark),
    motion: trace((row) => row.motion),
  };
}

/** Return why nothing was accepted; nothing if a window was. */
function reasonsOf(windows: readonly Window[]): string[] {
  if (!windows.length) return ["too_short"];
  if (windows.some((window) => !window.reasons.length)) return [];
  return [...new Set(windows.flatMap((window) => window.reasons))];
}

function newFps({ t, isNew }: FrameRows): number | null {
  if (t.length < 2) return null;
  const share = isNew.reduce((a, b) => a + b, 0) / t.length;
  return (share * (t.length - 1)) / (t[t.length - 1]! - t[0]!);
}
