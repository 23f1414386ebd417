/** Times of single beats, and the share of noise in their intervals (sspd.vitals.beat_timing). */

import { clip, concat, median, roundHalfEven, where } from "./arrays.js";
import { envelope } from "./fft.js";
import { type Band, bandpass, bandpassPowerGain } from "./filters.js";
import { findBeats } from "./peaks.js";
import { NOISE_FROM, PASS_HZ, REFRACTORY_S } from "./rate.js";
import { powerSpectrum } from "./spectrum.js";

/** Fastest modulation of the heart rate that is kept, Hz. */
const MODULATION_HZ = 0.4;
/** The noise density is measured beyond the sidebands, over this width, Hz. */
const NOISE_WIDTH_HZ = 0.4;
/** Half width of the band around the second harmonic that is excluded from the noise, Hz. */
const HARMONIC_HZ = 0.2;
/** Slower changes are drift, Hz. */
const DRIFT_HZ = 0.3;
/** An interval is unreliable if the amplitude falls below this fraction of its median in it. */
const LEAST_AMPLITUDE = 0.5;

/** Variation of beat intervals that noise alone would cause, and the filter's gain. */
export interface IntervalNoise {
  /** Modulation frequencies, uniformly spaced from 0. */
  readonly freqsHz: Float64Array;
  /** Spectral density of the intervals, s²/Hz, two-sided. */
  readonly density: Float64Array;
  readonly intervalS: number;
  /** Gain of the filter for the amplitude of a rate modulation. */
  readonly gain: Float64Array;
  readonly sdnnMs: number;
  readonly rmssdMs: number;
}

/** Beat times of a waveform, with the reliability and the noise of their intervals. */
export interface BeatTimes {
  /** Seconds from the first sample. */
  readonly beatsS: Float64Array;
  /** True for each interval in which the pulse is strong enough. */
  readonly reliable: boolean[];
  readonly noise: IntervalNoise;
}

/** Return the band to which a waveform is filtered before beats are detected, Hz. */
export function beatBand(slowHz: number, fastHz: number): Band {
  const low = Math.max(PASS_HZ[0], NOISE_FROM * slowHz, slowHz - MODULATION_HZ);
  return [low, clip(fastHz + MODULATION_HZ, 1.2, PASS_HZ[1])];
}

/** Detect the times of single beats in an unfiltered waveform of known rate. */
export function timeBeats(
  sig: Float64Array,
  fs: number,
  slowestBpm: number,
  fastestBpm: number,
): BeatTimes {
  const rates: Band = [slowestBpm / 60, fastestBpm / 60];
  const band = beatBand(...rates);
  const kept = bandpass(sig, fs, band);
  const beatsS = findBeats(kept, fs, REFRACTORY_S);
  const height = envelope(kept);
  const least = LEAST_AMPLITUDE * median(height);
  const weak = new Int32Array(height.length + 1);
  height.forEach((v, i) => (weak[i + 1] = weak[i]! + (v >= least ? 0 : 1)));
  const places = Array.from(beatsS, (t) => roundHalfEven(t * fs));
  const reliable = places.slice(1).map((place, i) => weak[place + 1] === weak[places[i]!]);
  return { beatsS, reliable, noise: intervalNoise(sig, fs, rates, band) };
}

/** Derive the noise of the intervals from the noise density beside the sidebands. */
function intervalNoise(
  sig: Float64Array,
  fs: number,
  [slowHz, fastHz]: Band,
  band: Band,
): IntervalNoise {
  const rateHz = (slowHz + fastHz) / 2;
  const { freqs, power } = powerSpectrum(sig, fs);
  const density = power.map((v) => v / ((0.375 * fs) / 2));
  const outside = freqs.map((f) => Math.max(slowHz - f, f - fastHz));
  const harmonic = (k: number): boolean =>
    Math.max(2 * slowHz - freqs[k]!, freqs[k]! - 2 * fastHz) <= HARMONIC_HZ;
  const beside = (k: number): boolean =>
    outside[k]! > MODULATION_HZ &&
    outside[k]! <= MODULATION_HZ + NOISE_WIDTH_HZ &&
    freqs[k]! > DRIFT_HZ;
  const clear = where(density, (k) => beside(k) && !harmonic(k));
  const level = median(clear.length ? clear : where(density, beside)) / Math.LN2;
  let line = 0;
  density.forEach((v, k) => (line += outside[k]! <= MODULATION_HZ ? v - level : 0));
  line = Math.max(line * freqs[1]!, 1e-30);
  const freqsHz = Float64Array.from({ length: 201 }, (_, k) => (k * 2 * MODULATION_HZ) / 200);
  const above = freqsHz.map((f) => rateHz + f);
  const below = freqsHz.map((f) => Math.abs(rateHz - f));
  const upper = bandpassPowerGain(above, fs, band);
  const lower = bandpassPowerGain(below, fs, band);
  const scale = 4 * line * (2 * Math.PI * rateHz ** 2) ** 2;
  const ofIntervals = freqsHz.map((f, k) => {
    const through = upper[k]! * above[k]! ** 2 + lower[k]! * below[k]! ** 2;
    return ((level * through) / scale) * (2 * Math.sin((Math.PI * f) / rateHz)) ** 2;
  });
  const middle = Math.sqrt(bandpassPowerGain([rateHz], fs, band)[0]!);
  const gain = upper.map((v, k) => (Math.sqrt(v) + Math.sqrt(lower[k]!)) / (2 * middle));
  const intervalS = 1 / rateHz;
  const ofSteps = ofIntervals.map(
    (v, k) => v * (2 * Math.sin(Math.PI * freqsHz[k]! * intervalS)) ** 2,
  );
  const root = (values: Float64Array): number =>
    1000 * Math.sqrt(2 * area(values, freqsHz[1]! - freqsHz[0]!));
  return {
    freqsHz,
    density: ofIntervals,
    intervalS,
    gain,
    sdnnMs: root(ofIntervals),
    rmssdMs: root(ofSteps),
  };
}

/** Return the integral by the trapezoidal rule. */
function area(values: Float64Array, step: number): number {
  let total = 0;
  for (let i = 1; i < values.length; i++) total += ((values[i]! + values[i - 1]!) / 2) * step;
  return total;
}

/** Return the height of each beat over the lowest point since the beat before. */
export function beatSizes(filtered: Float64Array, fs: number, beatsS: Float64Array): Float64Array {
  const places = Array.from(beatsS, (t) =>
    clip(roundHalfEven(t * fs), 0, filtered.length - 1),
  );
  const heights = places.slice(1).map((place, i) => {
    const rise = filtered.subarray(places[i]!, place + 1);
    return rise[rise.length - 1]! - rise.reduce((a, b) => Math.min(a, b), Infinity);
  });
  const first = heights.length ? [heights[0]!] : places.map(() => NaN);
  return concat(first, heights);
}
