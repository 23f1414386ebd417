/**
 * Breathing rate from the modulation of the pulse: a rhythm that beat intervals and beat heights
 * share (Charlton et al., IEEE Reviews in Biomedical Engineering 11, 2018, Sec. III).
 */

import { argmax, deviation, linspace, mean, median, roundHalfEven, steps, sum, where } from "./arrays.js";
import { type Band, detrend, standardise } from "./filters.js";
import { goodIntervals } from "./hrv.js";
import { powerSpectrum, refine } from "./spectrum.js";

/** Band in which breathing is searched, Hz. */
const BREATH_HZ: Band = [0.13, 0.5];
/** Shortest span of beats, seconds. */
const LEAST_S = 30;
/** A longer span is read in parts of about this length, seconds. */
const PART_S = 60;
/** Width of a clear rhythm in resolution cells, and its least share, as a + b / length. */
const CLEAR_CELLS = 1.5;
const CLEAR_SHARE = [0.26, 11] as const;
const FS = 4;

/** Breathing rate, or the reason why there is none. */
export interface Respiration {
  readonly hz: number | null;
  readonly nBeats: number | null;
  readonly spanS: number | null;
  readonly reason: string | null;
}

/** Estimate the breathing rate from the times and heights of beats of one span without gaps. */
export function respiration(
  beatsS: Float64Array,
  sizes: Float64Array,
  spanS: number,
): Respiration {
  const found = (hz: number | null, reason: string | null): Respiration => ({
    hz,
    nBeats: beatsS.length,
    spanS,
    reason,
  });
  if (spanS < LEAST_S - 0.05) return found(null, `needs ${LEAST_S} s`);
  const { nn, good } = goodIntervals(beatsS);
  const count = good.filter(Boolean).length;
  if (count < 15 || count / good.length < 0.8) return found(null, "too few regular beats");
  // Beats sample the breathing: the upper edge must stay below half of their rate.
  const high = Math.min(BREATH_HZ[1], 0.5 / median(nn));
  const at = where(beatsS.subarray(1), (i) => good[i]!);
  const rows = [where(nn, (i) => good[i]!), where(sizes.subarray(1), (i) => good[i]!)];
  const [first, last] = [at[0]!, at[at.length - 1]!];
  const parts = Math.max(1, roundHalfEven((last - first) / PART_S));
  const edges = linspace(first, last + 1e-9, parts + 1);
  const rates: (number | null)[] = [];
  for (let k = 0; k < parts; k++) {
    const inside = (i: number): boolean => at[i]! >= edges[k]! && at[i]! < edges[k + 1]!;
    const own = where(at, inside);
    if (own.length >= 12) {
      rates.push(rhythm(own, rows.map((row) => where(row, inside)), high));
    }
  }
  const clear = rates.filter((hz): hz is number => hz !== null);
  if (2 * clear.length <= rates.length) return found(null, "no clear breathing rhythm");
  return found(median(clear), null);
}

/** Return the frequency of the rhythm that the series share, Hz; null if none is clear. */
function rhythm(at: Float64Array, rows: readonly Float64Array[], highHz: number): number | null {
  const grid = steps(at[0]!, at[at.length - 1]!, 1 / FS);
  if (grid.length < 20 * FS) return null;
  let freqs: Float64Array | null = null;
  let total: Float64Array | null = null;
  for (const row of rows) {
    if (deviation(row) < 1e-6 * Math.max(1e-9, mean(row.map(Math.abs)))) continue;
    const even = standardise(detrend(smoothCurve(at, row, grid), FS, 0.5 * BREATH_HZ[0]));
    const spectrum = powerSpectrum(even, FS, [BREATH_HZ[0], highHz]);
    const all = sum(spectrum.power);
    const share = spectrum.power.map((v) => v / all);
    const before: Float64Array | null = total;
    total = before === null ? share : share.map((v, k) => v + before[k]!);
    freqs = spectrum.freqs;
  }
  if (freqs === null || total === null) return null;
  const top = argmax(total);
  if (top === 0 || top === total.length - 1) return null;
  const spanS = grid.length / FS;
  const [bins, peak] = [freqs, freqs[top]!];
  const near = sum(where(total, (k) => Math.abs(bins[k]! - peak) <= CLEAR_CELLS / spanS));
  if (near / sum(total) < CLEAR_SHARE[0] + CLEAR_SHARE[1] / spanS) return null;
  return refine({ freqs, power: total }, top);
}

/**
 * Interpolate by piecewise cubics that keep the shape (Fritsch and Butland, SIAM Journal on
 * Scientific and Statistical Computing 5, 1984).
 */
function smoothCurve(x: Float64Array, y: Float64Array, at: Float64Array): Float64Array {
  const n = x.length;
  const h = Float64Array.from({ length: n - 1 }, (_, i) => x[i + 1]! - x[i]!);
  const m = h.map((v, i) => (y[i + 1]! - y[i]!) / v);
  const d = new Float64Array(n);
  for (let i = 1; i < n - 1; i++) {
    if (m[i - 1]! * m[i]! <= 0) continue;
    const [w1, w2] = [2 * h[i]! + h[i - 1]!, h[i]! + 2 * h[i - 1]!];
    d[i] = (w1 + w2) / (w1 / m[i - 1]! + w2 / m[i]!);
  }
  d[0] = endSlope(h[0]!, h[1]!, m[0]!, m[1]!);
  d[n - 1] = endSlope(h[n - 2]!, h[n - 3]!, m[n - 2]!, m[n - 3]!);
  let i = 0;
  return at.map((t) => {
    while (i < n - 2 && t >= x[i + 1]!) i++;
    const s = t - x[i]!;
    const c = (3 * m[i]! - 2 * d[i]! - d[i + 1]!) / h[i]!;
    const b = (d[i]! + d[i + 1]! - 2 * m[i]!) / h[i]! ** 2;
    return y[i]! + s * (d[i]! + s * (c + s * b));
  });
}

function endSlope(h0: number, h1: number, m0: number, m1: number): number {
  const slope = ((2 * h0 + h1) * m0 - h0 * m1) / (h0 + h1);
  if (Math.sign(slope) !== Math.sign(m0)) return 0;
  if (Math.sign(m0) !== Math.sign(m1) && Math.abs(slope) > 3 * Math.abs(m0)) return 3 * m0;
  return slope;
}
