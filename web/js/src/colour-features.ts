/** Quality features from the colours of face and background (`sspd.vitals.colour_direction`). */

import { mean } from "./arrays.js";
import { type ColourDirection, measureColourDirection } from "./colour-direction.js";
import type { Complex } from "./fft.js";
import type { Colours } from "./flicker.js";
import { complexCosine, near, type Number2, part, relative, sizeDb } from "./lines.js";

/** A background with a pixel value below this (0-255) is too dark to show a change of light. */
const DARK_BACKGROUND = 8;
/** Colours weighed where the direction of the change is unknown. */
const GREEN_OVER_OTHERS: readonly number[] = [-0.5, 1, -0.5];

/** See the fields of the same names of `QualityFeatures` in Python. */
export interface ColourFeatures {
  /** NaN, as the next eight: the window is too short for it. */
  readonly changeDb: number;
  readonly beyondGreyDb: number;
  readonly beyondBloodDb: number;
  readonly besideBlood: number;
  readonly halfChangeDb: number;
  readonly withMix: number;
  readonly alike: number;
  readonly boxShare: number;
  /** NaN: not visible. */
  readonly backgroundShare: number;
  readonly backgroundShareSd: number;
  readonly swayDb: number;
  readonly withSway: number;
  readonly sideShare: number;
}

/** Compare the colours of four quarters of a face, its box and its background with a waveform. */
export function colourFeatures(
  values: Float64Array,
  quarters: readonly Colours[],
  box: Colours,
  background: Colours,
  fs: number,
  fHz: number,
): ColourFeatures {
  const lit = background.every((trace) =>
    trace.every((v) => v > DARK_BACKGROUND && Number.isFinite(v)),
  );
  const hidden = background.map((trace) => trace.map(() => NaN)) as unknown as Colours;
  const wall = lit ? background : hidden;
  const found = measureColourDirection(values, quarters, box, wall, fs, fHz);
  const ours = near(values, fs, fHz);
  const bands = quarters.map((quarter) =>
    quarter.map((trace) => near(relative(trace, fs), fs, fHz)),
  );
  // more blood is less light, so the sign is inverted
  const skin = bands.map((quarter) => quarter.map((band) => weighed([band], [-1])));
  const byColour = [0, 1, 2].map((c) => averaged(skin.map((quarter) => quarter[c]!)));
  const edges = box.map((trace, c) =>
    weighed([near(relative(trace, fs), fs, fHz), byColour[c]!], [1, 1]),
  );
  const sizeOf = (rows: readonly Complex[]): number =>
    rootMeanSquare(rows.map((own) => part(own, ours)));
  return {
    ...ofDirection(found),
    swayDb: sizeDb(sizeOf(edges), sizeOf(byColour)),
    withSway: Math.hypot(...complexCosine(averaged(edges), ours)),
    sideShare: sideShare(skin, ours, found),
  };
}

type OfDirection = Omit<ColourFeatures, "swayDb" | "withSway" | "sideShare">;

function ofDirection(found: ColourDirection | null): OfDirection {
  return {
    changeDb: found?.changeDb ?? NaN,
    beyondGreyDb: found?.beyondGreyDb ?? NaN,
    beyondBloodDb: found?.beyondBloodDb ?? NaN,
    besideBlood: found?.besideBlood ?? NaN,
    halfChangeDb: found?.halfChangeDb ?? NaN,
    withMix: found?.withColours ?? NaN,
    alike: found?.quartersAlike ?? NaN,
    boxShare: found?.boxShare ?? NaN,
    backgroundShare: found?.backgroundShare ?? NaN,
    backgroundShareSd: found?.backgroundShareSd ?? NaN,
  };
}

/** Return the change of the weaker side over that of the stronger one. */
function sideShare(
  skin: readonly (readonly Complex[])[],
  ours: Complex,
  found: ColourDirection | null,
): number {
  const mix = found === null ? GREEN_OVER_OTHERS : found.weights.map(([re]) => re);
  const mixed = skin.map((quarter) => weighed(quarter, mix));
  // in phase with the stronger side, as a filter, a codec or a network may delay one of them all
  const sides = [0, 1].map((side) => part(averaged([mixed[side]!, mixed[side + 2]!]), ours));
  const [weaker, stronger] = sides.sort((a, b) => Math.hypot(...a) - Math.hypot(...b)) as [
    Number2,
    Number2,
  ];
  const power = stronger[0] ** 2 + stronger[1] ** 2;
  return power > 0 ? (weaker[0] * stronger[0] + weaker[1] * stronger[1]) / power : 0;
}

function weighed(rows: readonly Complex[], weights: readonly number[]): Complex {
  const n = rows[0]!.re.length;
  const out = { re: new Float64Array(n), im: new Float64Array(n) };
  rows.forEach(({ re, im }, k) => {
    for (let i = 0; i < n; i++) {
      out.re[i] = out.re[i]! + weights[k]! * re[i]!;
      out.im[i] = out.im[i]! + weights[k]! * im[i]!;
    }
  });
  return out;
}

function averaged(rows: readonly Complex[]): Complex {
  return weighed(
    rows,
    rows.map(() => 1 / rows.length),
  );
}

function rootMeanSquare(amplitudes: readonly Number2[]): number {
  return Math.max(Math.sqrt(mean(amplitudes.map(([re, im]) => re ** 2 + im ** 2))), 1e-12);
}
