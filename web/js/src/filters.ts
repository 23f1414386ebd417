/** Filters without delay: band-pass, detrending, equalizer, scaling. */

import { checked, clip, deviation, mean } from "./arrays.js";

/** A band, Hz. */
export type Band = readonly [low: number, high: number];

/** One second-order section: b0, b1, b2, a1, a2 (a0 is 1). */
export type Section = readonly [number, number, number, number, number];

/** What is left of the beginning of a backward pass where a value counts as final. */
const SETTLED = 1e-10;

/** Return over how many samples `bandpass` reflects the ends of a waveform. */
export function edgeSamples(fs: number, band: Band): number {
  return Math.ceil((1.5 * fs) / band[0]);
}

/** Return the number of later samples after which a band-passed value is final. */
export function settleSamples(fs: number, band: Band): number {
  const radius = Math.max(...butterworth(fs, band).map((section) => Math.sqrt(section[4])));
  return Math.ceil(Math.log(SETTLED) / Math.log(radius));
}

/**
 * Return the sections of a Butterworth band-pass of order 2 (four poles); with an upper edge at
 * or above half of the sampling rate, those of a high-pass.
 *
 * From the analog prototype by the bilinear transform (Oppenheim and Schafer, "Discrete-Time
 * Signal Processing", Sec. 7.2).
 */
export function butterworth(fs: number, band: Band): Section[] {
  const [low, high] = band;
  if (!(low > 0 && low < Math.min(high, fs / 2))) {
    throw new RangeError(`the band ${low}-${high} Hz does not fit a rate of ${fs} Hz`);
  }
  const first = Math.tan((Math.PI * low) / fs);
  const root = Math.SQRT1_2; // the prototype's pole is -root + i root
  if (high >= fs / 2) {
    // s -> first / s; 1 / pole is the conjugate
    return [section(-root * first, -root * first, 1, -2, 1, 1)];
  }
  const second = Math.tan((Math.PI * high) / fs);
  const width = second - first;
  const [re, im] = [(-root * width) / 2, (root * width) / 2];
  // (pole width / 2)² - first second, and its square root
  const [a, b] = [re * re - im * im - first * second, 2 * re * im];
  const size = Math.hypot(a, b);
  const rootRe = Math.sqrt(Math.max(0, (size + a) / 2));
  const rootIm = Math.sign(b) * Math.sqrt(Math.max(0, (size - a) / 2));
  return [
    section(re + rootRe, im + rootIm, 1, 0, -1, width),
    section(re - rootRe, im - rootIm, 1, 0, -1, width),
  ];
}

/** Return the sections of a Butterworth high-pass of order 4, as those of `butterworth`. */
export function highpass4(fs: number, cutoffHz: number): Section[] {
  if (!(cutoffHz > 0 && cutoffHz < fs / 2)) {
    throw new RangeError(`${cutoffHz} Hz does not fit a rate of ${fs} Hz`);
  }
  const edge = Math.tan((Math.PI * cutoffHz) / fs);
  return [1, 3].map((k) => {
    const angle = (k * Math.PI) / 8; // poles of the prototype, from the imaginary axis
    return section(-Math.sin(angle) * edge, Math.cos(angle) * edge, 1, -2, 1, 1);
  });
}

/** Return the section of an analog pole and its conjugate, with digital zeros. */
function section(
  re: number,
  im: number,
  b0: number,
  b1: number,
  b2: number,
  gain: number,
): Section {
  // z = (1 + s) / (1 - s); |1 - s|² divides the gain
  const below = (1 - re) ** 2 + im ** 2;
  const scale = gain / below;
  const middle = (1 - re * re - im * im) / below;
  const radius = ((1 + re) ** 2 + im ** 2) / below;
  return [b0 * scale, b1 * scale, b2 * scale, -2 * middle, radius];
}

/** Return the state of each section for a constant input of 1, two numbers a section. */
export function steadyState(sections: readonly Section[]): Float64Array {
  const out = new Float64Array(2 * sections.length);
  let level = 1;
  sections.forEach(([b0, b1, b2, a1, a2], k) => {
    const gain = (b0 + b1 + b2) / (1 + a1 + a2);
    out[2 * k + 1] = (b2 - a2 * gain) * level;
    out[2 * k] = (b1 - a1 * gain) * level + out[2 * k + 1]!;
    level *= gain;
  });
  return out;
}

/** Filter once, forward; `state` is continued in place. */
export function filterOnce(
  sections: readonly Section[],
  values: ArrayLike<number>,
  state: Float64Array,
): Float64Array {
  const out = Float64Array.from(values);
  sections.forEach(([b0, b1, b2, a1, a2], k) => {
    let z0 = state[2 * k]!;
    let z1 = state[2 * k + 1]!;
    for (let i = 0; i < out.length; i++) {
      const x = out[i]!;
      const y = b0 * x + z0;
      z0 = b1 * x - a1 * y + z1;
      z1 = b2 * x - a2 * y;
      out[i] = y;
    }
    state[2 * k] = z0;
    state[2 * k + 1] = z1;
  });
  return out;
}

/** Filter from the end to the beginning, from the steady state of the last value. */
export function filterBackward(
  sections: readonly Section[],
  values: ArrayLike<number>,
): Float64Array {
  const turned = Float64Array.from(values).reverse();
  const state = steadyState(sections).map((v) => v * turned[0]!);
  return filterOnce(sections, turned, state).reverse();
}

/** Filter a waveform to a band, forward and backward; its ends are reflected. */
export function bandpass(sig: ArrayLike<number>, fs: number, band: Band): Float64Array {
  const sections = butterworth(fs, band);
  const values = checked(sig, fs, Math.max(4, Math.ceil(fs / band[0])));
  const n = values.length;
  const pad = Math.min(n - 1, edgeSamples(fs, band));
  const middle = mean(values);
  const padded = new Float64Array(n + 2 * pad);
  for (let i = 0; i < n; i++) padded[pad + i] = values[i]! - middle;
  for (let i = 1; i <= pad; i++) {
    padded[pad - i] = 2 * padded[pad]! - padded[pad + i]!;
    padded[pad + n - 1 + i] = 2 * padded[pad + n - 1]! - padded[pad + n - 1 - i]!;
  }
  const state = steadyState(sections).map((v) => v * padded[0]!);
  return filterBackward(sections, filterOnce(sections, padded, state)).slice(pad, pad + n);
}

/** Return what `bandpass` multiplies the power of each frequency by. */
export function bandpassPowerGain(
  freqsHz: ArrayLike<number>,
  fs: number,
  band: Band,
): Float64Array {
  const sections = butterworth(fs, band);
  return Float64Array.from(freqsHz, (f) => {
    const w = (2 * Math.PI * Math.min(f, fs / 2)) / fs;
    let gain = 1;
    for (const [b0, b1, b2, a1, a2] of sections) {
      const [c1, s1, c2, s2] = [Math.cos(w), Math.sin(w), Math.cos(2 * w), Math.sin(2 * w)];
      const above = (b0 + b1 * c1 + b2 * c2) ** 2 + (b1 * s1 + b2 * s2) ** 2;
      const below = (1 + a1 * c1 + a2 * c2) ** 2 + (a1 * s1 + a2 * s2) ** 2;
      gain *= above / below;
    }
    return gain ** 2;
  });
}

/**
 * Remove the slow trend of a waveform with a smoothness prior; half of the amplitude is removed
 * at `cutoffHz` (Tarvainen et al., IEEE TBME 49, 2002, Eq. 20).
 */
export function detrend(sig: ArrayLike<number>, fs: number, cutoffHz: number): Float64Array {
  const input = checked(sig, fs, 5);
  const middle = mean(input);
  const values = input.map((v) => v - middle);
  const n = values.length;
  const weight = (2 * Math.sin(Math.PI * Math.min(cutoffHz / fs, 0.5))) ** -4;
  // I + weight D2ᵀ D2 is banded: its diagonal and the two beside it
  const bands = [new Float64Array(n), new Float64Array(n), new Float64Array(n)] as const;
  bands[0].fill(1);
  for (let row = 0; row < n - 2; row++) {
    const d = [1, -2, 1];
    for (let i = 0; i < 3; i++) {
      for (let j = i; j < 3; j++) {
        const band = bands[j - i]!;
        band[row + i] = band[row + i]! + weight * d[i]! * d[j]!;
      }
    }
  }
  const smooth = solveBanded(bands, values);
  return values.map((v, i) => v - smooth[i]!);
}

/** Solve a symmetric positive definite system of bandwidth 2, by L D Lᵀ. */
function solveBanded(
  [diagonal, beside, beyond]: readonly [Float64Array, Float64Array, Float64Array],
  right: Float64Array,
): Float64Array {
  const n = right.length;
  const d = new Float64Array(n);
  const l1 = new Float64Array(n); // L[i, i - 1]
  const l2 = new Float64Array(n); // L[i, i - 2]
  const x = Float64Array.from(right);
  for (let i = 0; i < n; i++) {
    const d1 = i > 0 ? d[i - 1]! : 0;
    const d2 = i > 1 ? d[i - 2]! : 0;
    if (i > 1) l2[i] = beyond[i - 2]! / d2;
    if (i > 0) l1[i] = (beside[i - 1]! - (i > 1 ? l2[i]! * d2 * l1[i - 1]! : 0)) / d1;
    d[i] = diagonal[i]! - l1[i]! ** 2 * d1 - l2[i]! ** 2 * d2;
    x[i] = x[i]! - l1[i]! * (i > 0 ? x[i - 1]! : 0) - l2[i]! * (i > 1 ? x[i - 2]! : 0);
  }
  for (let i = n - 1; i >= 0; i--) {
    x[i] = x[i]! / d[i]! - (i + 1 < n ? l1[i + 1]! * x[i + 1]! : 0);
    if (i + 2 < n) x[i] = x[i]! - l2[i + 2]! * x[i + 2]!;
  }
  return x;
}

/** Scale a waveform to mean 0 and standard deviation 1; a constant becomes zeros. */
export function standardise(sig: ArrayLike<number>): Float64Array {
  const middle = mean(sig);
  const spread = deviation(sig);
  let largest = 1;
  for (let i = 0; i < sig.length; i++) largest = Math.max(largest, Math.abs(sig[i]!));
  if (spread <= 1e-12 * largest) return new Float64Array(sig.length);
  return Float64Array.from(sig, (v) => (v - middle) / spread);
}

/** Filter a waveform with the taps of an equalizer; its ends are mirrored. */
export function equalize(sig: ArrayLike<number>, taps: readonly number[]): Float64Array {
  const values = checked(sig, 1);
  const n = values.length;
  const margin = taps.length >> 1;
  const out = new Float64Array(n);
  const period = 2 * (n - 1);
  for (let i = 0; i < n; i++) {
    let total = 0;
    for (let k = 0; k < taps.length; k++) {
      const at = (((i + k - margin) % period) + period) % period;
      total += taps[k]! * values[at < n ? at : period - at]!;
    }
    out[i] = total;
  }
  return out;
}

/** Return a Gaussian average, the ends repeated. */
export function smoothed(values: Float64Array, sigma: number): Float64Array {
  const radius = Math.floor(4 * sigma + 0.5);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, k) =>
    Math.exp(-0.5 * ((k - radius) / sigma) ** 2),
  );
  const total = weights.reduce((a, b) => a + b, 0);
  return values.map((_, i) => {
    let out = 0;
    for (let k = -radius; k <= radius; k++) {
      out += weights[k + radius]! * values[clip(i + k, 0, values.length - 1)]!;
    }
    return out / total;
  });
}
