/** Hints of a live measurement: a fixed list, one at a time, that do not flutter. */

import type { FrameRow } from "../../../js/src/index.js";

/** All hints, in the order of their importance. */
export const HINTS = [
  "overloaded",
  "face_the_camera",
  "one_person",
  "move_closer",
  "move_back",
  "center",
  "more_light",
  "less_light",
  "sit_still",
  "flicker",
  "too_slow",
  "rate_changes",
  "irregular",
  "out_of_range",
  "clock_unknown",
  "unclear",
] as const;
export type Hint = (typeof HINTS)[number];

/** A condition must last this long until it is shown, and a shown one stays this long, seconds. */
const APPEAR_S = 1;
const STAY_S = 2.5;

/** A condition begins at the first value and ends again at the second (`sspd.live.gauges`). */
type Bound = readonly [begins: number, ends: number];
const SMALL: Bound = [0.12, 0.14];
const LARGE: Bound = [0.65, 0.6];
const FEW_PIXELS: Bound = [80, 88];
const ASIDE: Bound = [0.25, 0.2];
const DIM: Bound = [50, 60];
const GLARE: Bound = [0.1, 0.07];
const BLACK: Bound = [0.5, 0.425];
const RESTLESS: Bound = [1.5, 1.05];

/** Rejection reasons that have a hint of their own. */
const OF_REASONS: Readonly<Record<string, Hint>> = {
  flicker: "flicker",
  frame_rate_too_low: "too_slow",
  clock_unknown: "clock_unknown",
  rate_changes: "rate_changes",
  irregular: "irregular",
  out_of_range: "out_of_range",
  motion: "sit_still",
  too_dark: "more_light",
  overexposed: "less_light",
  low_snr: "unclear",
  readouts_disagree: "unclear",
  compression: "unclear",
};

/** Where a face is: its width in pixels and in widths of the frame, its distance from the middle. */
export interface Place {
  readonly widthPx: number;
  readonly width: number;
  readonly aside: number;
}

/** The hint that is shown, and since when each condition holds. */
export interface HintState {
  readonly name: Hint | null;
  readonly sinceS: number;
  readonly begunS: ReadonlyMap<Hint, number>;
}

/** Return the state in which nothing is to be said. */
export function noHint(): HintState {
  return { name: null, sinceS: -STAY_S, begunS: new Map() };
}

/** Return the mean pixel value of a face. */
export function brightness(row: FrameRow): number {
  return (row.faceRgb[0] + row.faceRgb[1] + row.faceRgb[2]) / 3;
}

/** Return the hints whose conditions hold; `holding` are those that held before. */
export function conditions(
  place: Place | null,
  row: FrameRow | null,
  faces: number,
  reasons: readonly string[],
  holding: ReadonlyMap<Hint, number>,
): Set<Hint> {
  if (place === null) return new Set<Hint>(["face_the_camera"]);
  const below = (value: number, bound: Bound, name: Hint): boolean =>
    value < bound[holding.has(name) ? 1 : 0];
  const above = (value: number, bound: Bound, name: Hint): boolean =>
    value > bound[holding.has(name) ? 1 : 0];
  const found = new Set(reasons.flatMap((reason) => OF_REASONS[reason] ?? []));
  const add = (name: Hint, isSo: boolean): void => void (isSo && found.add(name));
  add("one_person", faces > 1);
  add(
    "move_closer",
    below(place.width, SMALL, "move_closer") || below(place.widthPx, FEW_PIXELS, "move_closer"),
  );
  add("move_back", above(place.width, LARGE, "move_back"));
  add("center", above(place.aside, ASIDE, "center"));
  if (row !== null) {
    add(
      "more_light",
      below(brightness(row), DIM, "more_light") || above(row.dark, BLACK, "more_light"),
    );
    add("less_light", above(row.overexposed, GLARE, "less_light"));
    add("sit_still", above(row.motion, RESTLESS, "sit_still"));
  }
  return found;
}

/** Return the hint after one more moment. */
export function nextHint(state: HintState, holding: ReadonlySet<Hint>, timeS: number): HintState {
  const begunS = new Map([...holding].map((name) => [name, state.begunS.get(name) ?? timeS]));
  const ripe = HINTS.find((name) => timeS - (begunS.get(name) ?? Infinity) >= APPEAR_S) ?? null;
  const stays = state.name !== null && timeS - state.sinceS < STAY_S;
  if (stays || ripe === state.name) return { ...state, begunS };
  return { name: ripe, sinceS: timeS, begunS };
}
