/** Heart rate of one window of a waveform, by its spectrum and by its peaks. */

import { argmax, clip, concat, differences, interpolate, linspace, median, roundHalfEven, steps } from "./arrays.js";
import { type Complex, nextFastLength } from "./fft.js";
import { type Band, bandpass, smoothed } from "./filters.js";
import { findBeats } from "./peaks.js";
import { hann, peakFrequency, pulseFrequency, snrDb } from "./spectrum.js";

/** Band to which every waveform is filtered before it is read, Hz. */
export const PASS_HZ: Band = [0.5, 4];
/** Band in which the heart rate is searched, Hz. */
export const SEARCH_HZ: Band = [0.6, 3.6];
/** Shortest time between two beats, seconds. */
export const REFRACTORY_S = 0.27;
/** Noise is measured from this multiple of the rate on. */
export const NOISE_FROM = 0.7;
/** A half of the rate that was read is looked at from here on, Hz. */
const SLOWEST_HALF_HZ = 0.55;
/** Most of the second maximum of a mean wave that beats once. */
const SECOND_MAXIMUM = 0.65;
/** Most steps of that mean wave. */
const WAVE_STEPS = 40;
/** Half width of the band that `readRateNear` searches, Hz. */
const SEARCH_NEAR_HZ = 0.1;
/** Band for the detection of peaks, in multiples of the spectral rate. */
const PEAKS_BAND: Band = [0.4, 1.7];
/** A tracked rate is used if it raises the signal-to-noise ratio by this much, dB. */
const TRACK_GAIN_DB = 1;
/** In beat time the rate is searched within this fraction of the track's mean. */
const TRACK_NEAR = 0.1;

/** Sections of the short-time spectrum, and time between their starts, seconds. */
const SECTION_S = 8;
const HOP_S = 0.5;
/** The rate is followed within these multiples of the rate that was read, and within a band. */
const SPAN: Band = [0.62, 1.6];
const TRACK_HZ: Band = [0.5, 3.8];
/** Spacing of the candidate rates, Hz. */
const RATE_GRID_HZ = 0.5 / 60;
/** Fastest change of the rate, Hz per second; cost of a usual one. */
const FASTEST_CHANGE = 0.25;
const USUAL_CHANGE = 0.06;
const CHANGE_COST = 0.15;
/** Amplitudes below this fraction of a section's highest are treated as noise. */
const AMPLITUDE_FLOOR = 0.05;
/** Standard deviation of the Gaussian that smooths the track, seconds. */
const TRACK_SMOOTH_S = 1;

/** Heart rate of a window by both read-outs; `null` where there is none. */
export interface Reading {
  readonly spectralBpm: number | null;
  readonly peaksBpm: number | null;
  readonly snrDb: number | null;
  /** Rate at each sample, Hz; null if it was not tracked. */
  readonly trackHz: Float64Array | null;
}

/** Filter a waveform to `PASS_HZ`. */
export function pulseBand(sig: ArrayLike<number>, fs: number): Float64Array {
  return bandpass(sig, fs, PASS_HZ);
}

/** Read the heart rate of a window of the output of `pulseBand` by both read-outs. */
export function readRate(filtered: Float64Array, fs: number): Reading {
  return readAt(filtered, fs, pulseFrequency(filtered, fs, SEARCH_HZ));
}

/** Read the heart rate at the highest spectral peak near a frequency. */
export function readRateNear(filtered: Float64Array, fs: number, fHz: number): Reading {
  const band: Band = [Math.max(PASS_HZ[0], fHz - SEARCH_NEAR_HZ), fHz + SEARCH_NEAR_HZ];
  return readAt(filtered, fs, peakFrequency(filtered, fs, band));
}

/** Read the heart rate near half of the rate that was read; null where none can be. */
export function readHalf(filtered: Float64Array, fs: number, reading: Reading): Reading | null {
  const halfHz = (reading.spectralBpm ?? 0) / 120;
  if (halfHz < SLOWEST_HALF_HZ) return null;
  if (halfHz < SEARCH_HZ[0] && !beatsOnce(filtered, fs, halfHz)) return null;
  return readRateNear(filtered, fs, halfHz);
}

/** Read a rate that changes in its window again, in beat time; else return it unchanged. */
export function followRate(filtered: Float64Array, fs: number, reading: Reading): Reading {
  if (reading.spectralBpm === null || reading.snrDb === null) return reading;
  const trackHz = trackRate(filtered, fs, reading.spectralBpm / 60);
  const { warped, meanHz } = onBeatClock(filtered, fs, trackHz);
  const band: Band = [(1 - TRACK_NEAR) * meanHz, (1 + TRACK_NEAR) * meanHz];
  const followed = readAt(warped, fs, peakFrequency(warped, fs, band));
  const gained = followed.snrDb !== null && followed.snrDb - reading.snrDb >= TRACK_GAIN_DB;
  return gained ? { ...followed, trackHz } : reading;
}

/** Return the band in which a reading is compared with other rates of its window. */
export function searchBand(fHz: number): Band {
  return [fHz < SEARCH_HZ[0] ? PASS_HZ[0] : SEARCH_HZ[0], SEARCH_HZ[1]];
}

function readAt(values: Float64Array, fs: number, fHz: number): Reading {
  if (!Number.isFinite(fHz)) {
    return { spectralBpm: null, peaksBpm: null, snrDb: null, trackHz: null };
  }
  const band: Band = [
    Math.max(PASS_HZ[0], PEAKS_BAND[0] * fHz),
    clip(PEAKS_BAND[1] * fHz, 1.2, PASS_HZ[1]),
  ];
  const beats = findBeats(bandpass(values, fs, band), fs, REFRACTORY_S);
  const noiseBand: Band = [Math.max(PASS_HZ[0], NOISE_FROM * fHz), PASS_HZ[1]];
  return {
    spectralBpm: 60 * fHz,
    peaksBpm: beats.length > 2 ? 60 / median(differences(beats)) : null,
    snrDb: snrDb(values, fs, fHz, noiseBand),
    trackHz: null,
  };
}

/** Return whether the mean wave of a period has one high maximum. */
function beatsOnce(values: Float64Array, fs: number, fHz: number): boolean {
  const n = Math.min(WAVE_STEPS, Math.floor(fs / fHz));
  const total = new Float64Array(n);
  const count = new Float64Array(n);
  values.forEach((v, i) => {
    const place = Math.trunc(((i * fHz) / fs) * n) % n;
    total[place] = total[place]! + v;
    count[place] = count[place]! + 1;
  });
  const wave = total.map((v, k) => v / count[k]!);
  const lowest = Math.min(...wave);
  const tops = [...wave.keys()]
    .filter((k) => wave[k]! > wave[(k + n - 1) % n]! && wave[k]! >= wave[(k + 1) % n]!)
    .map((k) => wave[k]! - lowest)
    .sort((a, b) => b - a);
  return tops.length === 1 || (tops.length > 1 && tops[1]! < SECOND_MAXIMUM * tops[0]!);
}

/** Track the heart rate through one window: rate at each sample, Hz. */
export function trackRate(values: Float64Array, fs: number, fHz: number): Float64Array {
  const low = Math.max(TRACK_HZ[0], SPAN[0] * fHz);
  const high = Math.min(TRACK_HZ[1], SPAN[1] * fHz);
  const grid = steps(low, Math.max(high, low + 4 * RATE_GRID_HZ), RATE_GRID_HZ);
  const { middles, amplitudes } = sections(values, fs, grid);
  const gain = amplitudes.map((row) => {
    const peak = Math.max(row[argmax(row)]!, 1e-30);
    return row.map((v) => Math.log(v / peak + AMPLITUDE_FLOOR));
  });
  const path = Float64Array.from(ridge(gain), (k) => grid[k]!);
  const every = Float64Array.from(values.keys());
  return smoothed(interpolate(every, middles, path), TRACK_SMOOTH_S * fs);
}

function sections(
  values: Float64Array,
  fs: number,
  grid: Float64Array,
): { middles: Float64Array; amplitudes: Float64Array[] } {
  const n = Math.min(roundHalfEven(SECTION_S * fs), values.length);
  const middles = steps(0, values.length, Math.max(1, roundHalfEven(HOP_S * fs)));
  const nFft = nextFastLength(Math.max(2 * n, Math.ceil(fs / RATE_GRID_HZ)));
  const freqs = Float64Array.from({ length: (nFft >> 1) + 1 }, (_, k) => (k * fs) / nFft).filter(
    (f) => f >= grid[0]! - 0.1 && f <= grid[grid.length - 1]! + 0.1,
  );
  const window = hann(n);
  // few of the bins are needed, and a section fills little of the transform: sums are faster
  const waves = Array.from(freqs, (f) => windowedWave(window, f / fs));
  const padded = concat(new Float64Array(n >> 1), values, new Float64Array(n));
  const amplitudes = Array.from(middles, (middle) => {
    const part = padded.subarray(middle, middle + n); // a section at an edge is half empty
    const row = freqs.map((f, k) => amplitude(part, waves[k]!) * Math.sqrt(f));
    return interpolate(grid, freqs, row);
  });
  return { middles, amplitudes };
}

/** Return a windowed cosine and sine of `turns` a sample. */
function windowedWave(window: Float64Array, turns: number): Complex {
  const re = window.map((w, i) => w * Math.cos(2 * Math.PI * turns * i));
  const im = window.map((w, i) => w * Math.sin(2 * Math.PI * turns * i));
  return { re, im };
}

function amplitude(part: Float64Array, { re, im }: Complex): number {
  let a = 0;
  let b = 0;
  for (let i = 0; i < part.length; i++) {
    a += part[i]! * re[i]!;
    b += part[i]! * im[i]!;
  }
  return Math.sqrt(a * a + b * b);
}

/** Return the rate in each section on the path of highest gain minus cost, as an index. */
function ridge(gain: readonly Float64Array[]): number[] {
  const reach = roundHalfEven((FASTEST_CHANGE * HOP_S) / RATE_GRID_HZ);
  const cost = Float64Array.from(
    { length: 2 * reach + 1 },
    (_, k) => CHANGE_COST * (((k - reach) * RATE_GRID_HZ) / HOP_S / USUAL_CHANGE) ** 2,
  );
  let best = gain[0]!;
  const cameFrom: Int32Array[] = [];
  for (const row of gain.slice(1)) {
    const from = new Int32Array(row.length);
    best = row.map((v, k) => {
      let top = -Infinity;
      for (let j = Math.max(0, k - reach); j <= Math.min(row.length - 1, k + reach); j++) {
        const option = best[j]! - cost[j - k + reach]!;
        if (option > top) {
          top = option;
          from[k] = j;
        }
      }
      return top + v;
    });
    cameFrom.push(from);
  }
  const path = [argmax(best)];
  for (const from of cameFrom.reverse()) path.push(from[path[path.length - 1]!]!);
  return path.reverse();
}

/** Resample a window from equal steps of time to equal steps of the beat. */
export function onBeatClock(
  values: Float64Array,
  fs: number,
  trackHz: Float64Array,
): { warped: Float64Array; meanHz: number } {
  const n = values.length;
  const cycles = new Float64Array(n);
  for (let i = 1; i < n; i++) {
    cycles[i] = cycles[i - 1]! + (trackHz[i]! + trackHz[i - 1]!) / (2 * fs);
  }
  const places = Float64Array.from(cycles.keys());
  const at = interpolate(linspace(0, cycles[n - 1]!, n), cycles, places);
  const warped = at.map((place) => {
    const first = Math.min(Math.trunc(place), n - 2);
    const share = place - first;
    return values[first]! * (1 - share) + values[first + 1]! * share;
  });
  return { warped, meanHz: (cycles[n - 1]! * fs) / (n - 1) };
}
