/** Mean colours of skin: on a time grid, and their POS waveform. */

import { clip, deviation, differences, interpolate, mean, median, searchRight } from "./arrays.js";

/** Length of the sliding window of POS, seconds. */
const POS_WINDOW_S = 1.6;

/**
 * Resample a trace from its timestamps to the uniform grid `startS + k / fs`: linear, and
 * averaged over a step of the grid where the trace is faster than it.
 */
export function resampleTimes(
  values: ArrayLike<number>,
  t: ArrayLike<number>,
  fs: number,
  startS: number,
  n: number,
): Float64Array {
  const rises = differences(t);
  if (!t.length || values.length !== t.length || !rises.every((v) => v > 0)) {
    throw new RangeError(`${values.length} samples need as many rising times, got ${t.length}`);
  }
  const grid = Float64Array.from({ length: n }, (_, k) => startS + k / fs);
  const out = interpolate(grid, t, values);
  if (!(t.length > 2 && median(rises) < 0.75 / fs)) return out;
  // The mean of a piecewise linear trace over a step is a difference of its integral.
  const integral = new Float64Array(t.length);
  for (let i = 1; i < t.length; i++) {
    integral[i] = integral[i - 1]! + 0.5 * (values[i]! + values[i - 1]!) * rises[i - 1]!;
  }
  const upTo = (x: number): number => {
    const i = clip(searchRight(t, x) - 1, 0, t.length - 2);
    const part = x - t[i]!;
    const slope = (values[i + 1]! - values[i]!) / rises[i]!;
    return integral[i]! + part * (values[i]! + 0.5 * slope * part);
  };
  return out.map((v, k) => {
    const low = clip(grid[k]! - 0.5 / fs, t[0]!, t[t.length - 1]!);
    const high = clip(grid[k]! + 0.5 / fs, t[0]!, t[t.length - 1]!);
    return high - low > 1e-9 ? (upTo(high) - upTo(low)) / (high - low) : v;
  });
}

/**
 * Compute the POS waveform of mean skin colours; it falls as the blood volume rises (Wang et
 * al., IEEE TBME 64, 2017, Algorithm 1).
 */
export function posWaveform(
  red: Float64Array,
  green: Float64Array,
  blue: Float64Array,
  fs: number,
): Float64Array {
  const n = green.length;
  const width = Math.ceil(POS_WINDOW_S * fs);
  if (n < width) throw new RangeError(`POS needs ${width} frames (${POS_WINDOW_S} s), got ${n}`);
  const out = new Float64Array(n);
  for (let begin = 0; begin + width <= n; begin++) {
    const [r, g, b] = [red, green, blue].map((channel) => {
      const part = channel.subarray(begin, begin + width);
      const middle = mean(part);
      return part.map((v) => v / middle);
    }) as [Float64Array, Float64Array, Float64Array];
    const first = g.map((v, i) => v - b[i]!);
    const second = g.map((v, i) => v + b[i]! - 2 * r[i]!);
    const spread = deviation(second);
    const tuned = spread > 0 ? deviation(first) / spread : 0;
    const part = first.map((v, i) => v + tuned * second[i]!);
    const middle = mean(part);
    for (let i = 0; i < width; i++) out[begin + i] = out[begin + i]! + part[i]! - middle;
  }
  return out;
}
