/** What the colours of a face and its background say about a rate (`colour_direction`). */

import {
  alike,
  besideBlood,
  beyondBloodDb,
  type ColourLine,
  colourLine,
  mixWeights,
  significanceDb,
  SLOWEST_HZ,
} from "./colour-line.js";
import { add, conj, dot, scaled, solve, times, type Vector } from "./complex.js";
import type { Colours } from "./flicker.js";
import { lateCosine, near, relative } from "./lines.js";

/** Statements about the colours of a face at a rate; `Db` are -10 log10 p. */
export interface ColourDirection {
  readonly changeDb: number;
  readonly beyondGreyDb: number;
  /** NaN, as all of the background: not visible. */
  readonly backgroundDb: number;
  readonly beyondBackgroundDb: number;
  readonly backgroundShare: number;
  readonly backgroundShareSd: number;
  readonly boxShare: number;
  readonly boxShareSd: number;
  readonly quartersAlike: number;
  readonly beyondBloodDb: number;
  readonly besideBlood: number;
  /** The face's colours change at half of the rate. NaN: not known. */
  readonly halfChangeDb: number;
  readonly withColours: number;
  /** Weights of R, G and B in the mix that changes most clearly. */
  readonly weights: Vector;
}

/**
 * Test the colours of a face and its background at a rate: four quarters of the middle of the
 * face, the whole box, and the background (NaN: not visible), in pixel values.
 */
export function measureColourDirection(
  values: Float64Array,
  quarters: readonly Colours[],
  box: Colours,
  background: Colours,
  fs: number,
  fHz: number,
): ColourDirection | null {
  const byQuarter = quarters.map((quarter) => relativeColours(quarter, fs));
  const skin = [0, 1, 2].map((c) =>
    byQuarter[0]![c]!.map(
      (_, i) => byQuarter.reduce((total, quarter) => total + quarter[c]![i]!, 0) / quarters.length,
    ),
  ) as unknown as Colours;
  const face = colourLine(skin, fs, fHz);
  if (face === null) return null;
  const visible = background.every((trace) => trace.every((v) => v > 0 && Number.isFinite(v)));
  const wall = visible ? colourLine(relativeColours(background, fs), fs, fHz) : null;
  const lines = byQuarter
    .map((quarter) => colourLine(quarter, fs, fHz))
    .filter((line): line is ColourLine => line !== null);
  const [backgroundShare, backgroundShareSd] = shareOf(wall, face);
  const [boxShare, boxShareSd] = shareOf(colourLine(relativeColours(box, fs), fs, fHz), face);
  const weights = mixWeights(face);
  return {
    changeDb: significanceDb(face),
    beyondGreyDb: significanceDb(face, [
      [1, 0],
      [1, 0],
      [1, 0],
    ]),
    backgroundDb: wall === null ? NaN : significanceDb(wall),
    beyondBackgroundDb: wall === null ? NaN : significanceDb(face, wall.vector),
    backgroundShare,
    backgroundShareSd,
    boxShare,
    boxShareSd,
    quartersAlike: lines.length < 4 ? NaN : alike(face, lines),
    beyondBloodDb: beyondBloodDb(face),
    besideBlood: besideBlood(face),
    halfChangeDb: halfChangeDb(skin, fs, fHz / 2),
    withColours: withColours(values, skin, weights, fs, fHz),
    weights,
  };
}

function halfChangeDb(skin: Colours, fs: number, fHz: number): number {
  const line = fHz >= SLOWEST_HZ ? colourLine(skin, fs, fHz) : null;
  return line === null ? NaN : significanceDb(line);
}

function relativeColours(rgb: Colours, fs: number): Colours {
  return rgb.map((trace) =>
    relative(
      trace.map((v) => Math.max(v, 1e-3)),
      fs,
    ),
  ) as unknown as Colours;
}

/** Return the cosine between the waveform and the mix; more blood is less light. */
function withColours(
  values: Float64Array,
  skin: Colours,
  weights: Vector,
  fs: number,
  fHz: number,
): number {
  const bands = skin.map((trace) => near(trace, fs, fHz));
  const mix = { re: new Float64Array(values.length), im: new Float64Array(values.length) };
  for (let i = 0; i < values.length; i++) {
    const total = bands
      .map((band, c) => times([band.re[i]!, band.im[i]!], conj(weights[c]!)))
      .reduce(add);
    mix.re[i] = -total[0];
    mix.im[i] = -total[1];
  }
  return lateCosine(mix, near(values, fs, fHz), fHz);
}

/** Return the change of another region along that of the face, and what noise makes of it. */
function shareOf(other: ColourLine | null, face: ColourLine): readonly [number, number] {
  if (other === null) return [NaN, NaN];
  // weighted as for the face, so that its noisiest colour decides least
  const along = solve(face.regular, face.vector);
  const scale = 1 / Math.max(dot(along, face.vector)[0], 1e-30);
  const weights = along.map((v) => scaled(v, scale));
  const noise = other.noise.map((row) => dot(weights, row)[0] ** 2);
  const sd = Math.sqrt(noise.reduce((a, b) => a + b, 0) / noise.length);
  return [dot(weights, other.vector)[0], sd];
}
