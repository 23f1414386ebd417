/** Detection of beats in groups by spectral lines between the harmonics (`sspd.vitals.groups`). */

import { interpolate, median } from "./arrays.js";
import { powerSpectrum, refine, type Spectrum } from "./spectrum.js";

/** Possible numbers of beats in a group; lines are searched up to this multiple of the rate. */
const SIZES = [2, 3, 4] as const;
const UP_TO = 2.6;
/** The neighbourhood of a line is between these distances from it, Hz. */
const AROUND_HZ = [0.1, 0.35] as const;
/** Least strength of a line, dB, and its largest distance, cells of the spectrum. */
const LEAST_LINE_DB = 10;
const PLACE = 0.15;
const PAIR_LINE_DB = 8;
const PAIR_PLACE = 0.3;
const ALONE_DB = -15;
const STRONG_DB = -8;
const STRONG_LINE_DB = 7;
const STRONG_PLACE = 0.5;
/** A line at half of the rate that may be a heart below the searched range. */
const SLOW_HZ = [0.45, 0.667] as const;
const SLOW_DB = -14;
/** Lines at thirds of the rate. */
const THIRDS = 3;
const THIRDS_LINE_DB = 6.5;
const BESIDE_LINE_DB = 5;
const BESIDE_DB = -13;
/** Pairs are not searched above this rate, Hz. */
const PAIR_UP_TO_HZ = 2.2;
/** Value of the feature without such lines, dB. */
const NO_GROUP_DB = -40;

interface Line {
  readonly db: number;
  readonly overDb: number;
  readonly off: number;
}

const NO_LINE: Line = { db: -Infinity, overDb: -Infinity, off: Infinity };

/** Return the strength of the lines between the harmonics, dB, and the size of the group. */
export function groupLines(
  values: Float64Array,
  fs: number,
  fHz: number,
): { linesDb: number; size: number } {
  const { freqs, power } = powerSpectrum(values, fs, [0.2, Math.min(12, 0.45 * fs)]);
  const spectrum = { freqs, power: power.map((v, k) => v * freqs[k]! ** 2) };
  const logPower = spectrum.power.map((v) => Math.log10(Math.max(v, 1e-30)));
  const own = 10 * interpolate([fHz], freqs, logPower)[0]!;
  const line = (atHz: number): Line => lineAt(spectrum, logPower, fs / values.length, atHz);
  const found: [db: number, size: number][] = [[NO_GROUP_DB, 1]];
  for (const size of SIZES) {
    const strong: number[] = [];
    for (let k = 1; k < Math.trunc(UP_TO * size); k++) {
      if (k % size === 0) continue;
      const one = line((k / size) * fHz);
      if (isClear(one) || (size === 3 && isStrong(one, own))) strong.push(one.db);
    }
    strong.sort((a, b) => b - a);
    if (strong.length >= 2) found.push([Math.max(strong[1]! - own, NO_GROUP_DB), size]);
  }
  const half = line(fHz / 2);
  let pairDb = pairOf(half, line(1.5 * fHz), own);
  const slow = SLOW_HZ[0] <= fHz / 2 && fHz / 2 < SLOW_HZ[1] && half.overDb >= PAIR_LINE_DB;
  if (slow && half.db - own > SLOW_DB) pairDb = half.db - own;
  if (pairDb !== null && fHz <= PAIR_UP_TO_HZ) found.push([Math.max(pairDb, NO_GROUP_DB), 2]);
  const thirdsDb = thirdsOf([1, 2, 4, 5, 7].map((k) => line((k / 3) * fHz)), own);
  if (thirdsDb !== null) found.push([Math.max(thirdsDb, NO_GROUP_DB), 3]);
  // of sizes with the same lines the smallest: a group of four also contains two pairs
  found.sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  const [linesDb, size] = found[0]!;
  return { linesDb: Math.min(linesDb, -NO_GROUP_DB), size };
}

function lineAt(spectrum: Spectrum, logPower: Float64Array, cellHz: number, atHz: number): Line {
  const { freqs, power } = spectrum;
  let top = -1;
  const around: number[] = [];
  freqs.forEach((f, k) => {
    const apart = Math.abs(f - atHz);
    if (apart <= AROUND_HZ[0] / 2 && (top < 0 || power[k]! > power[top]!)) top = k;
    if (apart > AROUND_HZ[0] && apart <= AROUND_HZ[1]) around.push(logPower[k]!);
  });
  if (top < 0 || !around.length) return NO_LINE;
  const off = Math.abs(refine(spectrum, top) - atHz) / cellHz;
  return { db: 10 * logPower[top]!, overDb: 10 * (logPower[top]! - median(around)), off };
}

function isClear(line: Line): boolean {
  return line.overDb >= LEAST_LINE_DB && line.off <= PLACE;
}

function isStrong(line: Line, ownDb: number): boolean {
  return line.db - ownDb > ALONE_DB && line.overDb >= PAIR_LINE_DB && line.off <= PAIR_PLACE;
}

function thirdsOf(lines: readonly Line[], ownDb: number): number | null {
  const placed = lines.map((line) => (line.off <= PAIR_PLACE ? line : NO_LINE));
  const clear = placed.filter((line) => line.overDb >= THIRDS_LINE_DB).map((line) => line.db);
  if (clear.length >= THIRDS) return clear.sort((a, b) => b - a)[1]! - ownDb;
  const beside = placed.slice(1, 3);
  const weakerDb = Math.min(...beside.map((line) => line.db)) - ownDb;
  const standOut = beside.every((line) => line.overDb >= BESIDE_LINE_DB);
  return standOut && weakerDb > BESIDE_DB ? weakerDb : null;
}

function pairOf(half: Line, threeHalves: Line, ownDb: number): number | null {
  const both = [half, threeHalves].every(
    (line) => line.overDb >= PAIR_LINE_DB && line.off <= PAIR_PLACE,
  );
  const over = threeHalves.db - ownDb;
  const upper =
    threeHalves.overDb >= LEAST_LINE_DB && threeHalves.off <= PAIR_PLACE && over > ALONE_DB;
  const strong =
    threeHalves.overDb >= STRONG_LINE_DB && threeHalves.off <= STRONG_PLACE && over > STRONG_DB;
  return both || upper || strong ? Math.max(half.db, threeHalves.db) - ownDb : null;
}
