/**
 * Loops: frames that were shown before, known by the sensor's noise, which never repeats
 * (`sspd.face.recurrence`), and by the fast changes of the face's colours
 * (`sspd.vitals.colour_loops`).
 */

import { argmax, clip, differences, mean, median, roundHalfEven } from "./arrays.js";
import { filterBackward, filterOnce, highpass4, steadyState } from "./filters.js";
import type { Colours } from "./flicker.js";
import { type RgbImage, resizeArea } from "./images.js";

/** Longest loop that is known by its noise, seconds and frames; shortest lag, seconds. */
const LONGEST_S = 8.5;
const MOST_FRAMES = 256;
const SHORTEST_S = 0.3;
/** Side of the middle of the face that is used, and the side to which it is reduced, pixels. */
const PATCH = 80;
const REDUCED = 20;
/** Pixels around one that are averaged, on each side. */
const BLUR = 2;
/** Changes that differ by less are the same. */
const SAME = 2e-6;
/** Excess of a lag's mean correlation over its neighbours, and frames of that mean. */
const LEAST_NEEDLE = 0.12;
const LEAST_MEAN = 30;
/** Share of the frames that could recur which does so in a loop; and the fewest of them. */
const LOOP_SHARE = 0.5;
const FEWEST = 12;
/** Changes of colours above this frequency are no pulse, Hz; loops that are searched, seconds. */
const ABOVE_HZ = 4;
const SHORTEST_LOOP_S = 0.7;
const LONGEST_LOOP_S = 6;
const LEAST_AUTOCORRELATION = 0.6;
const LEAST_RATIO = 1.5;
const OUTLIER = 3;
/** Reflected samples at each end, as SciPy's `sosfiltfilt` has them for two sections. */
const PAD = 15;

interface Seen {
  readonly t: number;
  readonly row: Float32Array;
  readonly size: number;
}

/** Changes of the last seconds, and how they correlate by lag. */
export class LoopMemory {
  #small: Float64Array | null = null;
  #seen: Seen[] = [];
  readonly #correlation = new Float64Array(MOST_FRAMES);
  readonly #counts = new Float64Array(MOST_FRAMES);
  /** Of each frame: seconds since its change occurred before; NaN: never. */
  readonly lags: number[] = [];

  /** Compare a face with those before; `change` is its mean change from the last one. */
  add(face: RgbImage, t: number, change: number): void {
    const small = reducedGreen(face);
    const before = this.#small;
    this.#small = small;
    this.lags.push(
      before === null || !(change > 0) ? NaN : this.#find(withoutBlur(small, before), t),
    );
  }

  #find(change: Float64Array, t: number): number {
    const size = Math.sqrt(change.reduce((all, v) => all + v * v, 0));
    if (!(size > 0)) return NaN;
    const row = Float32Array.from(change, (v) => v / size);
    this.#seen = this.#seen.filter((each) => each.t >= t - LONGEST_S).slice(1 - MOST_FRAMES);
    const earlier = [...this.#seen].reverse(); // the frame before first
    const like = earlier.map((each) => product(each.row, row));
    this.#seen.push({ t, row, size });
    like.forEach((v, k) => {
      this.#correlation[k] = this.#correlation[k]! + v;
      this.#counts[k] = this.#counts[k]! + 1;
    });
    const isFar = earlier.map((each) => t - each.t >= SHORTEST_S - 1e-9);
    const far = isFar.includes(true) ? isFar.indexOf(true) : earlier.length;
    const same = earlier.findIndex(
      (each, k) => k >= far && 1 - like[k]! < SAME && Math.abs(each.size / size - 1) < SAME,
    );
    const at = same >= 0 ? same : this.#needle(far, like.length);
    return at === null ? NaN : t - earlier[at]!.t;
  }

  /** Return the lag, frames, at which the changes recur; null if there is none. */
  #needle(far: number, known: number): number | null {
    const often = this.#counts.findIndex((v) => v < LEAST_MEAN);
    const n = Math.min(known, often < 0 ? MOST_FRAMES : often);
    if (n - 1 <= far || far < 1) return null;
    const at = (k: number): number => this.#correlation[k]! / this.#counts[k]!;
    let [top, most] = [far, -Infinity];
    for (let k = far; k < n - 1; k++) {
      const alone = at(k) - Math.max(at(k - 1), at(k + 1), 0);
      if (alone > most) [top, most] = [k, alone];
    }
    return most >= LEAST_NEEDLE ? top : null;
  }
}

/** Return for each frame whether it was shown before, in a loop. */
export function looped(
  t: Float64Array,
  lags: readonly number[],
  changes: readonly number[],
  quarters: readonly Colours[],
): boolean[] {
  const periodS = recurringChanges(t, lags, changes) ?? colourPeriod(t, quarters);
  if (periodS === null) return Array.from(t, () => false);
  const stepS = median(differences(t));
  return Array.from(t, (v) => v - t[0]! >= periodS - stepS / 2);
}

function recurringChanges(
  t: Float64Array,
  lags: readonly number[],
  changes: readonly number[],
): number | null {
  const found = lags.slice(0, t.length).filter(Number.isFinite);
  if (found.length < FEWEST) return null;
  const stepS = median(differences(t));
  const cells = found.map((lag) => roundHalfEven(lag / stepS));
  const counts = new Float64Array(Math.max(...cells) + 1);
  for (const cell of cells) counts[cell] = counts[cell]! + 1;
  const beside = counts.map((v, k) => v + (counts[k - 1] ?? 0) + (counts[k + 1] ?? 0));
  const about = stepS * argmax(beside);
  const near = found.filter((lag) => Math.abs(lag - about) < 1.6 * stepS);
  if (!near.length) return null;
  const periodS = median(near);
  const could = Array.from(t).filter((v, i) => changes[i]! > 0 && v - t[0]! >= periodS);
  return near.length >= Math.max(LOOP_SHARE * could.length, FEWEST) ? periodS : null;
}

/** Find the length of a loop in the colours of a face, seconds; null: they do not repeat. */
export function colourPeriod(t: Float64Array, quarters: readonly Colours[]): number | null {
  if (t.length < 60) return null;
  const rises = differences(t);
  const stepS = median(rises);
  const isEven = rises.every((v) => Math.abs(v - stepS) <= 0.6 * stepS);
  if (1 / stepS < 2.5 * ABOVE_HZ || !isEven) return null;
  const traces = quarters.flatMap((quarter) =>
    quarter.map((trace) => fastChanges(trace, 1 / stepS)),
  );
  if (traces.includes(null)) return null;
  const whole = autocorrelation(traces as Float64Array[], roundHalfEven(0.6 * t.length));
  const first = roundHalfEven(SHORTEST_LOOP_S / stepS);
  const last = Math.min(roundHalfEven(LONGEST_LOOP_S / stepS), whole.length);
  if (last - first < 2 * first) return null;
  const lag = first + argmax(whole.subarray(first, last));
  const others: number[] = [];
  for (let k = first; k < whole.length; k++) {
    if (Math.abs(k - lag * roundHalfEven(k / lag)) > 2) others.push(Math.abs(whole[k]!));
  }
  if (whole[lag]! < LEAST_AUTOCORRELATION || others.length < first) return null;
  return whole[lag]! > LEAST_RATIO * percentile(others, 0.95) ? lag * stepS : null;
}

/** Return the fast changes of a colour in units of their spread, clipped; null: there are none. */
function fastChanges(trace: Float64Array, fs: number): Float64Array | null {
  const middle = mean(trace);
  const n = trace.length;
  const padded = new Float64Array(n + 2 * PAD);
  for (let i = 0; i < n; i++) padded[PAD + i] = trace[i]! - middle;
  for (let i = 1; i <= PAD; i++) {
    padded[PAD - i] = 2 * padded[PAD]! - padded[PAD + i]!;
    padded[PAD + n - 1 + i] = 2 * padded[PAD + n - 1]! - padded[PAD + n - 1 - i]!;
  }
  const sections = highpass4(fs, ABOVE_HZ);
  const state = steadyState(sections).map((v) => v * padded[0]!);
  const fast = filterBackward(sections, filterOnce(sections, padded, state)).slice(PAD, PAD + n);
  const spread = 1.4826 * median(fast.map(Math.abs));
  return spread > 0 ? fast.map((v) => clip(v / spread, -OUTLIER, OUTLIER)) : null;
}

/** Return the mean product of all traces with themselves by lag, 1 at lag 0. */
function autocorrelation(traces: readonly Float64Array[], n: number): Float64Array {
  const out = new Float64Array(n);
  for (const trace of traces) {
    for (let lag = 0; lag < n; lag++) {
      let total = 0;
      for (let i = lag; i < trace.length; i++) total += trace[i]! * trace[i - lag]!;
      out[lag] = out[lag]! + total / (trace.length - lag);
    }
  }
  return out.map((v) => v / out[0]!);
}

/** Return a percentile, linear between two values. */
function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = share * (sorted.length - 1);
  const first = Math.floor(place);
  const next = sorted[Math.min(first + 1, sorted.length - 1)]!;
  return sorted[first]! + (place - first) * (next - sorted[first]!);
}

/** Return the green channel of the middle of a face, reduced. */
function reducedGreen(face: RgbImage): Float64Array {
  const top = Math.max(0, face.height - PATCH) >> 1;
  const left = Math.max(0, face.width - PATCH) >> 1;
  const box = {
    left,
    top,
    right: Math.min(face.width, left + PATCH),
    bottom: Math.min(face.height, top + PATCH),
  };
  const { data } = resizeArea(face, REDUCED, REDUCED, box);
  return Float64Array.from({ length: REDUCED ** 2 }, (_, i) => data[3 * i + 1]!);
}

/** Return a change without what its neighbourhood shares; edges are mirrored. */
function withoutBlur(now: Float64Array, before: Float64Array): Float64Array {
  const change = now.map((v, i) => v - before[i]!);
  const mirrored = (k: number): number => (k < 0 ? -k : k >= REDUCED ? 2 * (REDUCED - 1) - k : k);
  return change.map((v, i) => {
    const [y, x] = [Math.floor(i / REDUCED), i % REDUCED];
    let total = 0;
    for (let j = -BLUR; j <= BLUR; j++) {
      const row = REDUCED * mirrored(y + j);
      for (let k = -BLUR; k <= BLUR; k++) total += change[row + mirrored(x + k)]!;
    }
    return v - total / (2 * BLUR + 1) ** 2;
  });
}

function product(a: Float32Array, b: Float32Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}
