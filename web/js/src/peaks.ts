/** Detection of single beats in a waveform. */

import { checked, clip, mean, roundHalfEven } from "./arrays.js";

/** Least prominence of a beat, in local standard deviations. */
const PROMINENCE = 0.7;
/** Length of the window of the local standard deviation, seconds. */
const LOCAL_S = 4;
/** Shortest interval that `intervalSpread` counts, in periods. */
const SHORTEST_INTERVAL = 0.65;

/**
 * Find the times of beats in a band-passed waveform, seconds from the first sample: the vertices
 * of the parabolas through its maxima.
 */
export function findBeats(
  sig: ArrayLike<number>,
  fs: number,
  refractoryS = 0.27,
): Float64Array {
  if (!(refractoryS > 0)) {
    throw new RangeError(`the refractory time must be positive, got ${refractoryS} s`);
  }
  const values = checked(sig, fs, 3);
  const size = Math.max(3, roundHalfEven(LOCAL_S * fs));
  const floor = localDeviation(values, size).map((v) => PROMINENCE * v);
  const distance = Math.max(1, Math.floor(refractoryS * fs + 1e-9));
  const tops = farApart(maxima(values), values, distance).filter(
    (top) => floor[top]! > 0 && prominence(values, top, size) >= floor[top]!,
  );
  return Float64Array.from(tops, (top) => {
    const [before, at, after] = [values[top - 1]!, values[top]!, values[top + 1]!];
    const bend = before - 2 * at + after;
    const shift = bend < 0 ? (0.5 * (before - after)) / bend : 0;
    return (top + clip(shift, -0.5, 0.5)) / fs;
  });
}

/** Return the standard deviation of the intervals between maxima over their mean, to 1. */
export function intervalSpread(sig: ArrayLike<number>, fs: number, fHz: number): number {
  const values = checked(sig, fs, 3);
  const distance = Math.max(1, Math.floor((SHORTEST_INTERVAL * fs) / fHz));
  const tops = farApart(maxima(values), values, distance);
  const intervals = Float64Array.from(tops.slice(1), (top, k) => top - tops[k]!);
  if (intervals.length < 2) return 1;
  const middle = mean(intervals);
  return Math.min(Math.sqrt(mean(intervals.map((v) => (v - middle) ** 2))) / middle, 1);
}

function localDeviation(values: Float64Array, size: number): Float64Array {
  const middle = mean(values);
  const centred = values.map((v) => v - middle);
  const level = average(centred, size);
  const square = average(
    centred.map((v) => v * v),
    size,
  );
  return square.map((v, i) => Math.sqrt(Math.max(v - level[i]! ** 2, 0)));
}

/** Return a running mean, the ends mirrored with their last sample twice. */
function average(values: Float64Array, size: number): Float64Array {
  const n = values.length;
  const left = size >> 1;
  const sums = new Float64Array(n + size);
  for (let i = 0; i < n + size - 1; i++) {
    const at = (((i - left) % (2 * n)) + 2 * n) % (2 * n);
    sums[i + 1] = sums[i]! + values[at < n ? at : 2 * n - 1 - at]!;
  }
  return values.map((_, i) => (sums[i + size]! - sums[i]!) / size);
}

/** Return the places of local maxima; of a plateau, its middle. */
function maxima(values: Float64Array): number[] {
  const found: number[] = [];
  for (let i = 1; i < values.length - 1; i++) {
    if (!(values[i - 1]! < values[i]!)) continue;
    let end = i + 1;
    while (end < values.length - 1 && values[end] === values[i]) end++;
    if (values[end]! < values[i]!) found.push((i + end - 1) >> 1);
    if (end > i + 1) i = end - 1;
  }
  return found;
}

/** Drop the lower of two maxima that are closer than `distance`, the highest kept first. */
function farApart(tops: readonly number[], values: Float64Array, distance: number): number[] {
  const kept = tops.map(() => true);
  const order = tops.map((_, k) => k).sort((a, b) => values[tops[b]!]! - values[tops[a]!]! || b - a);
  for (const k of order) {
    if (!kept[k]) continue;
    for (let j = k - 1; j >= 0 && tops[k]! - tops[j]! < distance; j--) kept[j] = false;
    for (let j = k + 1; j < tops.length && tops[j]! - tops[k]! < distance; j++) kept[j] = false;
  }
  return tops.filter((_, k) => kept[k]);
}

/** Return the height of a maximum over the higher of the valleys at its sides. */
function prominence(values: Float64Array, top: number, reach: number): number {
  const height = values[top]!;
  const [first, last] = [Math.max(top - reach, 0), Math.min(top + reach, values.length - 1)];
  let [left, right] = [height, height];
  for (let i = top; i >= first && values[i]! <= height; i--) left = Math.min(left, values[i]!);
  for (let i = top; i <= last && values[i]! <= height; i++) right = Math.min(right, values[i]!);
  return height - Math.max(left, right);
}
