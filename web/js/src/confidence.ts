/** Confidence of a reading, between 0 and 1, from its quality (`sspd.vitals.confidence`). */

import { clip } from "./arrays.js";
import type { Quality } from "./quality.js";

/** Range of the confidence. */
const CLAIMED = [0.01, 0.99] as const;

/** Weights of a logistic regression on `TERMS`; they belong to a network. */
export interface ConfidenceSpec {
  readonly intercept: number;
  readonly weights: readonly (readonly [name: string, weight: number])[];
}

/** Return the least share of the face's change that is on the background too; NaN: not visible. */
export function onWall(e: Quality): number {
  return e.backgroundShare - 2 * e.backgroundShareSd;
}

function known(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}

function oddLines(e: Quality, lowDb: number): number {
  return clip(e.oddLinesDb - e.lineDb, lowDb, 15);
}

/** Terms by name; the first six raise a confidence, the others lower it. */
export const TERMS: Readonly<Record<string, (e: Quality) => number>> = {
  snr: (e) => clip(e.snrDb, -6, 8),
  line: (e) => clip(e.lineDb, 0, 20),
  with_mix: (e) => known(e.withMix),
  change: (e) => clip(known(e.changeDb), 0, 60),
  beyond_grey: (e) => clip(known(e.beyondGreyDb), 0, 40),
  alike: (e) => clip(known(e.alike), 0.25, 1),
  short: (e) => Math.log(30 / clip(e.durationS, 8, 30)),
  peaks_apart: (e) => Math.min(e.peaksBpm, 10),
  halves_apart: (e) => Math.min(e.halvesBpm, 15),
  odd_lines: (e) => oddLines(e, -10),
  uneven: (e) => clip(e.uneven, 0, 0.5),
  half_seen: (e) => (e.posHalfBpm < 4 ? oddLines(e, 0) : 0),
  pos_apart: (e) => Math.min(e.posBpm, 10),
  not_with_pos: (e) => Math.max(0.3 - e.withPos, 0),
  not_blood: (e) => clip(known(e.beyondBloodDb) - 20, 0, 40),
  sway: (e) => clip(e.swayDb - 8, 0, 15) * e.withSway ** 2,
  on_wall: (e) => clip(known(onWall(e)), 0, 1),
  wall_unsure: (e) => clip(known(2 * e.backgroundShareSd), 0, 1),
  no_background: (e) => (Number.isNaN(e.backgroundShare) ? 1 : 0),
  on_edges: (e) => clip(known(e.boxShare) - 0.7, 0, 0.5),
  nod: (e) => clip(e.nodDb + 12, 0, 32) * e.withNod ** 2,
  grouped: (e) => clip(e.groupDb + 12, 0, 12),
  wandering: (e) => clip(e.trackBpm - 10, 0, 30),
  pos_sure_elsewhere: (e) => clip(e.posBpm - 3, 0, 6) * clip(e.posLineDb - 12, 0, 10),
  lamp: (e) => (e.isFlicker ? 1 : 0),
};

/** Return the probability that a reading is within 3 beats per minute of the truth. */
export function confidenceOf(e: Quality, spec: ConfidenceSpec): number {
  let logit = spec.intercept;
  for (const [name, weight] of spec.weights) {
    if (!Object.hasOwn(TERMS, name))
      throw new RangeError(`an unknown term of a confidence: ${name}`);
    logit += weight * TERMS[name]!(e);
  }
  return clip(1 / (1 + Math.exp(-clip(logit, -50, 50))), ...CLAIMED);
}
