/** Windows of a waveform: how it is cut, and the reading of one. */

import { roundHalfEven } from "./arrays.js";
import { followRate, type Reading, readRate } from "./rate.js";
import { type Reason, rejectionReasons } from "./reasons.js";

/** A remainder at the end of at least this length is a window of its own, seconds. */
export const REMAINDER_S = 10;
/** A waveform may end this much before its video, seconds. */
const END_TOLERANCE_S = 0.15;
/** Shortest waveform that is read, seconds. */
export const SHORTEST_WAVEFORM_S = 8 - END_TOLERANCE_S;
/** Time between two values of `trackBpm`, seconds. */
const TRACK_STEP_S = 1;

/** A part of a waveform, and the time of its first sample. */
export interface Signal {
  readonly values: Float64Array;
  readonly fs: number;
  readonly startS: number;
}

/** Heart rate of one window, with the reasons why it is rejected. */
export interface Window {
  readonly startS: number;
  readonly endS: number;
  readonly spectralBpm: number | null;
  readonly peaksBpm: number | null;
  readonly snrDb: number | null;
  readonly confidence: number | null;
  /** Empty if the window was accepted. */
  readonly reasons: readonly string[];
  /** Rate each second, if it changes within the window. */
  readonly trackBpm: readonly number[];
}

/** Divide a time span into windows, those from number `first` on. */
export function cutWindows(
  startS: number,
  endS: number,
  windowS: number,
  stepS: number | null,
  first = 0,
): (readonly [startS: number, endS: number])[] {
  if (!(windowS >= 8)) throw new RangeError(`a window needs 8 s or more, got ${windowS} s`);
  const step = stepS ?? windowS;
  if (!(step > 0 && step <= windowS)) {
    throw new RangeError(`the step must be above 0 and within the window, got ${step} s`);
  }
  const count = Math.floor((endS - startS - windowS + END_TOLERANCE_S) / step) + 1;
  if (count < 1) return [[startS, endS]];
  const windows: (readonly [number, number])[] = [];
  for (let k = Math.min(first, count - 1); k < count; k++) {
    windows.push([startS + k * step, startS + k * step + windowS]);
  }
  const last = windows[windows.length - 1]!;
  if (endS - last[1] >= REMAINDER_S - END_TOLERANCE_S) windows.push([last[1], endS]);
  else windows[windows.length - 1] = [last[0], endS];
  return windows.slice(Math.max(0, first - count + 1));
}

/** Return the windows of a time span that cannot be read, each with the reason. */
export function unreadWindows(
  startS: number,
  endS: number,
  reason: string,
  windowS: number,
): Window[] {
  return cutWindows(startS, endS, windowS, null).map(([a, b]) => ({
    startS: a,
    endS: b,
    spectralBpm: null,
    peaksBpm: null,
    snrDb: null,
    confidence: null,
    reasons: [reason],
    trackBpm: [],
  }));
}

/**
 * Read one window without frames: accepted by fixed rules, as `sspd.vitals.read_window` does
 * where there are neither frame statistics nor a calibrated confidence.
 */
export function readWindow(filtered: Signal): Window {
  const { values, fs } = filtered;
  const reading = followRate(values, fs, readRate(values, fs));
  return windowOf(filtered, reading, null, rejectionReasons(reading, values.length / fs));
}

/** Return a reading as a window. */
export function windowOf(
  { values, fs, startS }: Signal,
  reading: Reading,
  confidence: number | null,
  reasons: readonly Reason[],
): Window {
  const step = Math.max(1, roundHalfEven(TRACK_STEP_S * fs));
  const track = Array.from(reading.trackHz ?? []).filter((_, i) => i % step === 0);
  return {
    startS,
    endS: startS + values.length / fs,
    spectralBpm: reading.spectralBpm,
    peaksBpm: reading.peaksBpm,
    snrDb: reading.snrDb,
    confidence,
    reasons,
    trackBpm: track.map((hz) => roundHalfEven(6000 * hz) / 100),
  };
}
