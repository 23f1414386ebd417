/** Spectral lines in waveforms and colours, for the quality features (`sspd.vitals.lines`). */

import { clip, mean, median } from "./arrays.js";
import { type Complex, fft, ifft } from "./fft.js";
import { detrend } from "./filters.js";
import { hann, powerSpectrum } from "./spectrum.js";

/** Half width of the band around the rate in which traces are compared with the pulse, Hz. */
const COMPARE_HALF_WIDTH_HZ = 0.25;
/** Slower changes of a colour are its trend, Hz. */
export const TREND_HZ = 0.4;
/** A line is the highest value within the first, its neighbourhood from the second on, Hz. */
const LINE_DISTANCES_HZ = [0.06, 0.15, 0.45] as const;
/** Longest delay between two signals that says nothing against them, seconds and radians. */
const LATE_S = 0.08;
const LATE_ANGLE = Math.PI / 4;
/** Limit of all decibel values, above and below. */
const MOST_DB = 40;

/** One complex number, real and imaginary part. */
export type Number2 = readonly [re: number, im: number];

/** Return the strength of a spectral line of the derivative over its neighbourhood, dB. */
export function lineDb(values: Float64Array, fs: number, fHz: number): number {
  const { freqs, power } = powerSpectrum(values, fs, [0.3, 8]);
  const [near, inner, outer] = LINE_DISTANCES_HZ;
  let highest = -Infinity;
  const around: number[] = [];
  freqs.forEach((f, k) => {
    const apart = Math.abs(f - fHz);
    const own = power[k]! * f ** 2;
    if (apart <= near) highest = Math.max(highest, own);
    if (apart > inner && apart <= outer) around.push(own);
  });
  if (highest === -Infinity || !around.length) return 0;
  return powerDb(highest, median(around));
}

/** Return the analytic signal of a trace near a frequency, under a Hann window. */
export function near(values: ArrayLike<number>, fs: number, fHz: number): Complex {
  const n = values.length;
  const window = hann(n);
  const middle = mean(values);
  const re = window.map((w, i) => w * (values[i]! - middle));
  const spectrum = fft({ re, im: new Float64Array(n) });
  for (let k = 0; k < n; k++) {
    const f = ((k < n / 2 ? k : k - n) * fs) / n;
    if (Math.abs(f - fHz) > COMPARE_HALF_WIDTH_HZ) {
      spectrum.re[k] = 0;
      spectrum.im[k] = 0;
    }
  }
  return ifft(spectrum);
}

/** Return the inner product of two signals, the second one conjugated. */
function product(a: Complex, b: Complex): Number2 {
  let re = 0;
  let im = 0;
  for (let i = 0; i < a.re.length; i++) {
    re += a.re[i]! * b.re[i]! + a.im[i]! * b.im[i]!;
    im += a.im[i]! * b.re[i]! - a.re[i]! * b.im[i]!;
  }
  return [re, im];
}

/** Return the amplitude of a signal in a trace, by least squares, in multiples of the signal. */
export function part(trace: Complex, of: Complex): Number2 {
  const power = Math.max(product(of, of)[0], 1e-30);
  const [re, im] = product(trace, of);
  return [re / power, im / power];
}

/** Return the normalised inner product of two analytic signals. */
export function complexCosine(a: Complex, b: Complex): Number2 {
  const sizes = Math.sqrt(product(a, a)[0]) * Math.sqrt(product(b, b)[0]);
  const [re, im] = product(a, b);
  return sizes > 0 ? [re / sizes, im / sizes] : [0, 0];
}

/** Return the cosine of two analytic signals: 1 in phase, -1 in antiphase. */
export function cosine(a: Complex, b: Complex): number {
  return complexCosine(a, b)[0];
}

/** Return the cosine of two signals of which one may be a little later. */
export function lateCosine(a: Complex, b: Complex, fHz: number): number {
  const [re, im] = complexCosine(a, b);
  const allowed = Math.min(LATE_ANGLE, 2 * Math.PI * fHz * LATE_S);
  const apart = Math.max(Math.abs(Math.atan2(im, re)) - allowed, 0);
  return Math.hypot(re, im) * Math.cos(apart);
}

/** Return the ratio of two powers in dB, limited to 40; 0 if both are 0. */
export function powerDb(power: number, other: number): number {
  if (power <= 0 && other <= 0) return 0;
  return boundedDb(10 * Math.log10(Math.max(power, 1e-30) / Math.max(other, 1e-30)));
}

/** Return the ratio of two amplitudes in dB, limited to 40; 0 if both are 0. */
export function sizeDb(size: number, other: number): number {
  return powerDb(size ** 2, other ** 2);
}

/** Limit decibels to 40 either way; the lower limit if they are not finite. */
export function boundedDb(value: number): number {
  return Number.isFinite(value) ? clip(value, -MOST_DB, MOST_DB) : -MOST_DB;
}

/** Return the relative deviation of a trace from its mean, without its trend. */
export function relative(values: ArrayLike<number>, fs: number): Float64Array {
  const middle = mean(values);
  return detrend(
    Float64Array.from(values, (v) => v / middle - 1),
    fs,
    TREND_HZ,
  );
}
