/**
 * Heart-rate variability from the times of beats (Task Force of the ESC and NASPE, "Heart rate
 * variability: standards of measurement", Circulation 93, 1996), with the noise of a camera
 * subtracted where it is known.
 */

import { clip, deviation, differences, interpolate, mean, steps, sum, where, withoutLine } from "./arrays.js";
import type { IntervalNoise } from "./beats.js";
import { type Band } from "./filters.js";

/** Names of the values, in the order in which they are reported. */
export const HRV_NAMES = [
  "rmssd_ms",
  "sdnn_ms",
  "pnn50",
  "mean_nn_ms",
  "lf_nu",
  "hf_nu",
  "lf_hf",
] as const;
export type HrvName = (typeof HRV_NAMES)[number];

/** Shortest span for values of the time domain and of the frequency domain, seconds. */
export const TIME_DOMAIN_S = 60;
const FREQUENCY_DOMAIN_S = 120;
/** Low- and high-frequency bands, Hz. */
const LF_HZ: Band = [0.04, 0.15];
const HF_HZ: Band = [0.15, 0.4];
/** An interval differs by at most this fraction from the median of those around it. */
const ODD_INTERVAL_SHARE = 0.2;
const AROUND = 11;
/** Nothing is reported if more than this fraction of the intervals is left out. */
const MOST_ODD = 0.2;
/** A value is not reported if noise alone would give more than this fraction of it. */
const MOST_NOISE = 0.7;
/** Least gain of the filter for which the loss is corrected. */
const LEAST_GAIN = 0.75;

/** A value, or the reason why there is none. */
export interface Estimate {
  readonly value: number | null;
  readonly nBeats: number | null;
  readonly spanS: number | null;
  readonly reason: string | null;
}

/** Return the intervals between beats, and which of them are regular enough. */
export function goodIntervals(beatsS: ArrayLike<number>): { nn: Float64Array; good: boolean[] } {
  const nn = differences(beatsS);
  if (!nn.every((v) => v > 0)) throw new RangeError("beats must be one rising row of seconds");
  const size = Math.min(AROUND, nn.length);
  const good = Array.from(nn, (v, i) => {
    const around = Float64Array.from(
      { length: size },
      (_, k) => nn[clip(i - (size >> 1) + k, 0, nn.length - 1)]!,
    ).sort();
    const usual = around[size >> 1]!;
    return Math.abs(v - usual) <= ODD_INTERVAL_SHARE * usual;
  });
  return { nn, good };
}

/** What is known of beats beside their times. */
export interface BeatsKnown {
  readonly spanS?: number;
  readonly reliable?: readonly boolean[];
  readonly noise?: IntervalNoise;
}

/** Compute the heart-rate variability from the beat times of one span without gaps. */
export function hrv(
  beatsS: ArrayLike<number>,
  { spanS, reliable, noise }: BeatsKnown = {},
): Record<HrvName, Estimate> {
  const found = goodIntervals(beatsS);
  const good = reliable ? found.good.map((v, i) => v && reliable[i]!) : found.good;
  const nn = found.nn;
  const span = spanS ?? (beatsS.length ? beatsS[beatsS.length - 1]! - beatsS[0]! : 0);
  const count = good.filter(Boolean).length;
  const reason = whyNot(good);
  const at = where(Float64Array.from(beatsS).subarray(1), (i) => good[i]!);
  const kept = where(nn, (i) => good[i]!);
  const values: Partial<Record<HrvName, number>> = {};
  if (reason === null && span >= TIME_DOMAIN_S) {
    Object.assign(values, overTime(at, kept, nn, good, noise));
  }
  if (reason === null && span >= FREQUENCY_DOMAIN_S) {
    Object.assign(values, overFrequency(at, kept, noise));
  }
  const estimate = (name: HrvName): Estimate => {
    const value = values[name] ?? null;
    const needs = ["lf_nu", "hf_nu", "lf_hf"].includes(name) ? FREQUENCY_DOMAIN_S : TIME_DOMAIN_S;
    let why: string | null = null;
    if (value === null) {
      why = span < needs ? `needs ${needs} s` : reason;
      const noisy = noise !== undefined && noise.rmssdMs > 0;
      why ??= noisy ? "mostly the video's noise" : "no variation to divide";
    }
    return { value, nBeats: count + 1, spanS: span, reason: why };
  };
  return Object.fromEntries(HRV_NAMES.map((name) => [name, estimate(name)])) as Record<
    HrvName,
    Estimate
  >;
}

function whyNot(good: readonly boolean[]): string | null {
  if (good.length < 10) return "too few beats";
  const odd = good.filter((v) => !v).length;
  const most = MOST_ODD * good.length;
  return odd > most ? `${odd} of ${good.length} beat intervals are irregular` : null;
}

function overTime(
  at: Float64Array,
  kept: Float64Array,
  nn: Float64Array,
  good: readonly boolean[],
  noise: IntervalNoise | undefined,
): Partial<Record<HrvName, number>> {
  // only of two good neighbours: across a gap intervals do not follow each other
  const between = where(
    differences(nn.map((v) => 1000 * v)),
    (i) => good[i]! && good[i + 1]!,
  );
  const values: Partial<Record<HrvName, number>> = { mean_nn_ms: 1000 * mean(kept) };
  const missing = missingSquares(at, kept, noise);
  const add = (name: "sdnn_ms" | "rmssd_ms", size: number, own: number, lost: number): void => {
    if (own <= MOST_NOISE * size) values[name] = Math.sqrt(size ** 2 - own ** 2 + lost);
  };
  add("sdnn_ms", 1000 * deviation(kept, 1), noise?.sdnnMs ?? 0, missing.sdnn);
  if (between.length) {
    const size = Math.sqrt(mean(between.map((v) => v * v)));
    add("rmssd_ms", size, noise?.rmssdMs ?? 0, missing.rmssd);
  }
  if (values.rmssd_ms !== undefined) {
    values.pnn50 = (100 * between.filter((v) => Math.abs(v) > 50).length) / between.length;
  }
  return values;
}

/** Return the part of the squares of SDNN and RMSSD that the filter removed, ms². */
function missingSquares(
  at: Float64Array,
  nn: Float64Array,
  noise: IntervalNoise | undefined,
): { sdnn: number; rmssd: number } {
  if (noise === undefined || at.length < 4) return { sdnn: 0, rmssd: 0 };
  const { freqs, power } = periodogram(at, nn);
  const ofPower = 2e6 * noise.intervalS * (freqs[1]! - freqs[0]!);
  const [own, lost] = [noisePower(freqs, noise), missingPower(freqs, noise)];
  const taken = power.map((v, k) => ofPower * (v - own[k]!) * lost[k]!);
  const step = freqs.map((f) => 2 * Math.sin(Math.PI * f * noise.intervalS));
  return {
    sdnn: Math.max(sum(taken), 0),
    rmssd: Math.max(sum(taken.map((v, k) => v * step[k]! ** 2)), 0),
  };
}

function overFrequency(
  at: Float64Array,
  nn: Float64Array,
  noise: IntervalNoise | undefined,
): Partial<Record<HrvName, number>> {
  const { freqs, power } = periodogram(at, nn);
  let own = power;
  if (noise !== undefined) {
    const [ofNoise, lost] = [noisePower(freqs, noise), missingPower(freqs, noise)];
    if (sum(ofNoise) > MOST_NOISE ** 2 * sum(power)) return {};
    own = power.map((v, k) => (v - ofNoise[k]!) * (1 + lost[k]!));
  }
  const lf = Math.max(sum(where(own, (k) => freqs[k]! < LF_HZ[1])), 0);
  const hf = Math.max(sum(where(own, (k) => !(freqs[k]! < LF_HZ[1]))), 0);
  if (hf <= 0) return {};
  return { lf_nu: lf / (lf + hf), hf_nu: hf / (lf + hf), lf_hf: lf / hf };
}

function noisePower(freqs: Float64Array, noise: IntervalNoise): Float64Array {
  return interpolate(freqs, noise.freqsHz, noise.density, 0).map((v) => v / noise.intervalS);
}

/** Return the power that the filter removed from a modulation, relative to the rest. */
function missingPower(freqs: Float64Array, noise: IntervalNoise): Float64Array {
  const gain = interpolate(freqs, noise.freqsHz, noise.gain);
  return gain.map((v) => Math.max(v, LEAST_GAIN) ** -2 - 1);
}

/** Return the frequencies of both bands, Hz, and the intervals' power at each (Lomb-Scargle). */
function periodogram(
  at: Float64Array,
  nn: Float64Array,
): { freqs: Float64Array; power: Float64Array } {
  if (at.length < 4) return { freqs: Float64Array.from(LF_HZ), power: new Float64Array(2) };
  const stepHz = 0.25 / (at[at.length - 1]! - at[0]!);
  const freqs = steps(LF_HZ[0] + stepHz / 2, HF_HZ[1], stepHz);
  const detrended = withoutLine(nn);
  if (deviation(detrended) < 1e-9) return { freqs, power: new Float64Array(freqs.length) };
  const middle = mean(detrended);
  const values = detrended.map((v) => v - middle);
  return { freqs, power: freqs.map((f) => lombScargle(at, values, 2 * Math.PI * f)) };
}

/** Return the power at one angular frequency (J. D. Scargle, Astrophysical Journal 263, 1982). */
function lombScargle(at: Float64Array, values: Float64Array, w: number): number {
  let c2 = 0;
  let s2 = 0;
  let yc = 0;
  let ys = 0;
  for (let i = 0; i < at.length; i++) {
    const c = Math.cos(w * at[i]!);
    const s = Math.sin(w * at[i]!);
    c2 += c * c - s * s;
    s2 += 2 * c * s;
    yc += values[i]! * c;
    ys += values[i]! * s;
  }
  // the phase at which cosine and sine are orthogonal
  const phase = Math.atan2(s2, c2) / 2;
  const [c, s] = [Math.cos(phase), Math.sin(phase)];
  const cc = (at.length + c2 * Math.cos(2 * phase) + s2 * Math.sin(2 * phase)) / 2;
  return 0.5 * ((yc * c + ys * s) ** 2 / cc + (ys * c - yc * s) ** 2 / (at.length - cc));
}
