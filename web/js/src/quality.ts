/**
 * Quality features of a reading: from the waveform, POS, the colours, the two sides of the face,
 * its motion and the light (`sspd.vitals.quality_features`).
 */

import { mean, where } from "./arrays.js";
import { posWaveform, resampleTimes } from "./colour.js";
import { type ColourFeatures, colourFeatures } from "./colour-features.js";
import type { Complex } from "./fft.js";
import { bandpass, detrend } from "./filters.js";
import { type Colours, isFlicker } from "./flicker.js";
import { groupLines } from "./groups.js";
import { boundedDb, complexCosine, lateCosine, lineDb, near, part, sizeDb, TREND_HZ } from "./lines.js";
import { intervalSpread } from "./peaks.js";
import { onBeatClock, PASS_HZ, type Reading, SEARCH_HZ, searchBand } from "./rate.js";
import { pulseFrequency } from "./spectrum.js";
import type { Signal } from "./windows.js";

/** Frames up to this long before and after a window are used, seconds. */
const ROWS_AROUND_S = 1;
/** Fewest frames. */
const FEWEST = 6.4;
/** The heart moves a head by less than this, in widths of the face box. */
const SMALL_MOTION = 2e-3;

/** Statistics of frames over time, a row each: see `measureFrame`. */
export interface FrameTraces {
  readonly t: Float64Array;
  readonly quarters: readonly Colours[];
  readonly box: Colours;
  readonly background: Colours;
  readonly moved: Colours;
}

/** See the fields of the same names of `QualityFeatures` in Python. */
export interface Quality extends ColourFeatures {
  readonly durationS: number;
  readonly snrDb: number;
  readonly peaksBpm: number;
  readonly trackBpm: number;
  readonly halvesBpm: number;
  readonly lineDb: number;
  readonly oddLinesDb: number;
  readonly uneven: number;
  readonly groupDb: number;
  readonly groupSize: number;
  readonly posBpm: number;
  readonly posHalfBpm: number;
  readonly withPos: number;
  readonly posLineDb: number;
  readonly sidesBpm: number;
  readonly sidesLineDb: number;
  readonly nodDb: number;
  readonly withNod: number;
  readonly isFlicker: boolean;
}

/** Compute the quality features of a reading; null if there is none, or nothing changes. */
export function measureQuality(
  filtered: Signal,
  reading: Reading,
  frames: FrameTraces,
): Quality | null {
  const { values, fs, startS } = filtered;
  const endS = startS + values.length / fs;
  const { spectralBpm, peaksBpm, snrDb, trackHz } = reading;
  const around = (i: number): boolean =>
    frames.t[i]! >= startS - ROWS_AROUND_S && frames.t[i]! < endS + ROWS_AROUND_S;
  const t = where(frames.t, around);
  if (spectralBpm === null || snrDb === null || t.length < FEWEST) return null;
  const fHz = spectralBpm / 60;
  const even = (trace: Float64Array): Float64Array =>
    resampleTimes(where(trace, around), t, fs, startS, values.length);
  const quarters = frames.quarters.map((quarter) => each(quarter, even));
  if (quarters.flat().every((trace) => trace.every((v) => v === trace[0]))) return null;
  const onClock = (trace: Float64Array): Float64Array =>
    trackHz === null ? trace : onBeatClock(trace, fs, trackHz).warped;
  const positive = (trace: Float64Array): Float64Array => trace.map((v) => Math.max(v, 1e-3));
  const skin = quarters.map((quarter) => each(quarter, positive));
  const [pos, ...sides] = [[0, 1, 2, 3], [0, 2], [1, 3]].map((of) =>
    onClock(posOf(of.map((k) => skin[k]!), fs)),
  ) as [Float64Array, Float64Array, Float64Array];
  const wave = onClock(values);
  const places = each(each(frames.moved, summed), (trace) => onClock(even(trace)));
  const inside = (i: number): boolean => frames.t[i]! >= startS && frames.t[i]! < endS;
  const middle = averaged(frames.quarters);
  return {
    durationS: values.length / fs,
    snrDb: boundedDb(snrDb),
    peaksBpm: Math.abs((peaksBpm ?? 0) - spectralBpm),
    trackBpm: trackHz === null ? 0 : 60 * (highest(trackHz) + highest(trackHz.map((v) => -v))),
    ...ofWaveform(wave, fs, fHz),
    ...ofPos(wave, pos, fs, fHz),
    ...ofSides(sides, fs, fHz),
    ...colourFeatures(
      wave,
      skin.map((quarter) => each(quarter, onClock)),
      each(frames.box, (trace) => onClock(positive(even(trace)))),
      each(frames.background, (trace) => onClock(even(trace))),
      fs,
      fHz,
    ),
    ...ofMotion(wave, places, fs, fHz),
    isFlicker: isFlicker(
      each(middle, (trace) => where(trace, inside)),
      each(frames.background, (trace) => where(trace, inside)),
      where(frames.t, inside),
      fHz,
    ),
  };
}

function each(rows: Colours, make: (trace: Float64Array) => Float64Array): Colours {
  return rows.map(make) as unknown as Colours;
}

function highest(values: Float64Array): number {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}

function summed(values: Float64Array): Float64Array {
  let total = 0;
  return values.map((v) => (total += v));
}

function averaged(parts: readonly Colours[]): Colours {
  return [0, 1, 2].map((c) =>
    parts[0]![c]!.map((_, i) => parts.reduce((all, own) => all + own[c]![i]!, 0) / parts.length),
  ) as unknown as Colours;
}

/** Compute the filtered POS waveform of the mean of face parts. */
function posOf(parts: readonly Colours[], fs: number): Float64Array {
  return bandpass(
    posWaveform(...averaged(parts), fs).map((v) => -v),
    fs,
    PASS_HZ,
  );
}

function ofWaveform(
  values: Float64Array,
  fs: number,
  fHz: number,
): Pick<Quality, "halvesBpm" | "lineDb" | "oddLinesDb" | "uneven" | "groupDb" | "groupSize"> {
  const half = values.length >> 1;
  const apart = [values.slice(0, half), values.slice(half)]
    .map((own) => Math.abs(pulseFrequency(own, fs, searchBand(fHz)) - fHz))
    .filter(Number.isFinite);
  const odd = fHz / 2 >= SEARCH_HZ[0] ? [0.5, 1.5].map((k) => lineDb(values, fs, k * fHz)) : [];
  const { linesDb, size } = groupLines(values, fs, fHz);
  return {
    halvesBpm: 60 * (apart.length ? Math.max(...apart) : SEARCH_HZ[1]),
    lineDb: lineDb(values, fs, fHz),
    oddLinesDb: odd.reduce((a, b) => a + b, 0),
    uneven: intervalSpread(values, fs, fHz),
    groupDb: linesDb,
    groupSize: size,
  };
}

function ofPos(
  values: Float64Array,
  pos: Float64Array,
  fs: number,
  fHz: number,
): Pick<Quality, "posBpm" | "posHalfBpm" | "withPos" | "posLineDb"> {
  const posHz = pulseFrequency(pos, fs, searchBand(fHz));
  const known = Number.isFinite(posHz);
  const apart = (f: number): number => 60 * (known ? Math.abs(posHz - f) : f);
  return {
    posBpm: apart(fHz),
    posHalfBpm: apart(fHz / 2),
    withPos: lateCosine(near(pos, fs, fHz), near(values, fs, fHz), fHz),
    posLineDb: known ? lineDb(pos, fs, posHz) : 0,
  };
}

function ofSides(
  sides: readonly Float64Array[],
  fs: number,
  fHz: number,
): Pick<Quality, "sidesBpm" | "sidesLineDb"> {
  const [left, right] = sides.map((side) => pulseFrequency(side, fs, searchBand(fHz))) as [
    number,
    number,
  ];
  if (!Number.isFinite(left + right)) return { sidesBpm: 0, sidesLineDb: 0 };
  const apart = [left - right, left - 2 * right, 2 * left - right].map(Math.abs);
  const lines = [lineDb(sides[0]!, fs, left), lineDb(sides[1]!, fs, right)];
  return { sidesBpm: 60 * Math.min(...apart), sidesLineDb: Math.min(...lines) };
}

/** Compare the face's motion with the waveform: the largest of x, y and scale. */
function ofMotion(
  values: Float64Array,
  places: Colours,
  fs: number,
  fHz: number,
): Pick<Quality, "nodDb" | "withNod"> {
  const ours = near(values, fs, fHz);
  const theirs = places.map((trace) => near(detrend(trace, fs, TREND_HZ), fs, fHz));
  const size = rootMeanSquare(ours);
  const amplitudes = theirs.map((own) => Math.hypot(...part(own, ours)) * size);
  const largest = amplitudes.indexOf(Math.max(...amplitudes));
  return {
    nodDb: sizeDb(amplitudes[largest]!, SMALL_MOTION),
    withNod: Math.hypot(...complexCosine(theirs[largest]!, ours)),
  };
}

function rootMeanSquare({ re, im }: Complex): number {
  return Math.sqrt(mean(re.map((v, i) => v * v + im[i]! * im[i]!)));
}
