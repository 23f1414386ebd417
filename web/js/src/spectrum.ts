/** Power spectra, the frequency of the pulse in them, and its signal-to-noise ratio. */

import { checked } from "./arrays.js";
import { nextFastLength, rfft } from "./fft.js";
import type { Band } from "./filters.js";

/** Bin spacing of the zero-padded spectrum, Hz. */
export const BIN_HZ = 0.5 / 60;
/** Weight of the second harmonic in the score of a frequency. */
const DOUBLE_WEIGHT = 0.5;
/** Exponent of the frequency by which amplitudes are weighted. */
const SLOPE = 0.5;
/** Half width of the windows around the rate and its second harmonic, Hz. */
const SNR_HALF_WIDTH_HZ = 0.1;

/** A spectrum: power in each bin. */
export interface Spectrum {
  readonly freqs: Float64Array;
  readonly power: Float64Array;
}

/** Return a Hann window without its zeros. */
export function hann(n: number): Float64Array {
  return Float64Array.from(
    { length: n },
    (_, k) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (k + 1)) / (n + 1)),
  );
}

/** Compute the power spectrum of a waveform: Hann window, mean removed, zero-padded. */
export function powerSpectrum(sig: ArrayLike<number>, fs: number, band?: Band): Spectrum {
  const values = checked(sig, fs, 4);
  const size = values.length;
  const n = nextFastLength(Math.max(2 * size, Math.ceil(fs / BIN_HZ)));
  const window = hann(size);
  let [above, below] = [0, 0];
  for (let i = 0; i < size; i++) {
    above += window[i]! * values[i]!;
    below += window[i]!;
  }
  const middle = above / below;
  const { re, im } = rfft(
    values.map((v, i) => window[i]! * (v - middle)),
    n,
  );
  const power = re.map((v, k) => (v * v + im[k]! * im[k]!) / size);
  const freqs = power.map((_, k) => (k * fs) / n);
  return band === undefined ? { freqs, power } : cut({ freqs, power }, band);
}

function cut({ freqs, power }: Spectrum, [low, high]: Band): Spectrum {
  const inside = (_: number, k: number): boolean => freqs[k]! >= low && freqs[k]! <= high;
  return { freqs: freqs.filter(inside), power: power.filter(inside) };
}

/** Return the frequency of a spectral peak to a fraction of a bin, Hz. */
export function refine({ freqs, power }: Spectrum, i: number): number {
  if (!(i > 0 && i < freqs.length - 1)) return freqs[i]!;
  const around = [power[i - 1]!, power[i]!, power[i + 1]!];
  if (!around.every((v) => v > 0)) return freqs[i]!;
  const [a, b, c] = around.map(Math.log) as [number, number, number];
  const bend = a - 2 * b + c;
  const shift = bend < 0 ? (0.5 * (a - c)) / bend : 0;
  return freqs[i]! + Math.min(Math.max(shift, -0.5), 0.5) * (freqs[1]! - freqs[0]!);
}

/** Return the index of the highest local maximum; an edge bin is not one. */
function highest(power: Float64Array): number | null {
  let best: number | null = null;
  for (let i = 1; i < power.length - 1; i++) {
    const at = power[i]!;
    if (at >= power[i - 1]! && at > power[i + 1]! && at > 0) {
      if (best === null || at > power[best]!) best = i;
    }
  }
  return best;
}

function peakOf(spectrum: Spectrum, fs: number, [low, high]: Band): number {
  if (spectrum.freqs.length < 3) {
    throw new RangeError(`the band ${low}-${high} Hz holds no spectrum at ${fs} Hz`);
  }
  const i = highest(spectrum.power);
  return i === null ? NaN : refine(spectrum, i);
}

/** Return the frequency of the highest spectral peak in a band, Hz; NaN without one. */
export function peakFrequency(sig: ArrayLike<number>, fs: number, band: Band): number {
  return peakOf(powerSpectrum(sig, fs, band), fs, band);
}

/**
 * Return the frequency of the pulse in a waveform, Hz; NaN without one.
 *
 * Amplitudes are weighted by the square root of their frequency, and the amplitude at twice the
 * frequency is added by half (subharmonic summation: Hermes, JASA 83, 1988).
 */
export function pulseFrequency(sig: ArrayLike<number>, fs: number, band: Band): number {
  const { freqs, power } = powerSpectrum(sig, fs);
  const weighted = power.map((v, k) => freqs[k]! ** SLOPE * Math.sqrt(v));
  const score = weighted.map((v, k) => (v + DOUBLE_WEIGHT * (weighted[2 * k] ?? 0)) ** 2);
  return peakOf(cut({ freqs, power: score }, band), fs, band);
}

/**
 * Return the signal-to-noise ratio of a pulse of known rate, dB (de Haan and Jeanne, IEEE TBME
 * 60, 2013, Sec. IV); NaN for a constant waveform.
 */
export function snrDb(sig: ArrayLike<number>, fs: number, fHz: number, band: Band): number {
  const { freqs, power } = powerSpectrum(sig, fs, band);
  let [pulse, rest] = [0, 0];
  for (let k = 0; k < freqs.length; k++) {
    const apart = Math.min(Math.abs(freqs[k]! - fHz), Math.abs(freqs[k]! - 2 * fHz));
    if (apart <= SNR_HALF_WIDTH_HZ) pulse += power[k]!;
    else rest += power[k]!;
  }
  if (pulse + rest <= 0) return NaN;
  return 10 * Math.log10(Math.max(pulse, 1e-30) / Math.max(rest, 1e-30));
}
