/**
 * Single observations that reject a reading, whatever its confidence
 * (`sspd.vitals.contradictions`, where each number has its reason).
 */

import { onWall } from "./confidence.js";
import type { Quality } from "./quality.js";
import { SEARCH_HZ } from "./rate.js";
import { type Reason, REASONS } from "./reasons.js";

const GROUP_DB = -25;
const GROUP_OF = 3;
const WANDERS_BPM = 8;
const WANDERS_SNR_DB = 2.5;
const HALVES_BPM = 15;
const UNSURE_HALVES_BPM = 6;
const UNSURE_SNR_DB = 6;
const POS_BPM = 8;
const POS_LINE_DB = 20;
const FAINT_SNR_DB = 0;
const FAINT_PEAKS_BPM = 3;
const HALF_BPM = 4;
const HALF_LINE_DB = 12;
const DOUBLE_BPM = 3;
const DOUBLE_LINE_DB = 6;
const ALIVE_WITH_POS = 0.9;
const SIDE_SHARE = 0.2;
const SIDE_WITH_POS = 0.8;
const CLEAR_SIDE_SHARE = 0.3;
const SIDES_BPM = 8;
const SIDES_LINE_DB = 12;
const ONE_SIDE_LINE_DB = 9;
const ONE_SIDE = 0.4;
const PEAKS_BPM = 12;
const WITH_MIX = 0.3;
const WITH_POS = 0.3;
const CHANGE_DB = 6;
const ON_WALL = 0.1;
const ON_EDGES = 0.85;
const AGAINST_EDGES = -0.25;
const COLOURED_LIGHT = 0.25;
const HALF_MORE_DB = 25;
const HALF_CHANGE_DB = 40;
const CLEAR_SNR_DB = 6;
const UNLIKE_POS = 0.5;
const CLEAR_CHANGE_DB = 20;
const UNLIKE_BLOOD_DB = 5;
const CLEAN_SNR_DB = 12;
const CLEAN_WITH_POS = 0.85;
const NOD_DB = 8;
const UNSEEN_NOD_DB = -10;
const WITH_NOD = 0.7;
const UNCLEAR_SNR_DB = 2;
const UNCLEAR_NOD_DB = -6;
const UNCLEAR_WITH_NOD = 0.8;

/** Return the reasons for which a reading cannot be accepted; none if nothing contradicts it. */
export function contradictions(e: Quality, rateBpm: number): Reason[] {
  const halvesBpm = apart(e.halvesBpm, rateBpm);
  const halvesDiffer =
    halvesBpm > HALVES_BPM || (halvesBpm > UNSURE_HALVES_BPM && e.snrDb < UNSURE_SNR_DB);
  const wanders = e.trackBpm > WANDERS_BPM && e.snrDb < WANDERS_SNR_DB;
  // noise has no rhythm that could change or be irregular
  const alive = e.withPos > ALIVE_WITH_POS && apart(e.posBpm, rateBpm) < POS_BPM;
  const found = new Set<Reason>();
  const rules: readonly (readonly [Reason, boolean])[] = [
    ["flicker", lightChanges(e)],
    ["motion", faceMoves(e)],
    ["rate_changes", halvesDiffer && alive],
    ["irregular", wanders && alive],
    ["readouts_disagree", (halvesDiffer && !alive) || othersDisagree(e, rateBpm)],
    ["low_snr", (wanders && !alive) || isNoise(e, rateBpm)],
  ];
  for (const [reason, isSo] of rules) if (isSo) found.add(reason);
  const below = rateBpm / 2 < 60 * SEARCH_HZ[0];
  if (e.groupDb > GROUP_DB) {
    found.add(below && e.groupSize < GROUP_OF ? "out_of_range" : "irregular");
  }
  if (isDouble(e)) found.add(below ? "out_of_range" : "readouts_disagree");
  return REASONS.filter((reason) => found.has(reason));
}

/** Return whether the colours change at half of the rate rather than at the rate. */
function isDouble(e: Quality): boolean {
  const sure = e.halfChangeDb > HALF_CHANGE_DB;
  return sure && e.halfChangeDb - e.changeDb > HALF_MORE_DB && e.trackBpm === 0;
}

/** Return whether the light, not the blood, changes at the rate. */
function lightChanges(e: Quality): boolean {
  if (e.isFlicker || e.besideBlood > COLOURED_LIGHT) return true;
  if (!Number.isNaN(e.backgroundShare)) return onWall(e) > ON_WALL;
  return e.boxShare > ON_EDGES || (e.snrDb > CLEAN_SNR_DB && e.withPos < CLEAN_WITH_POS);
}

/** Return whether the face moves in phase with the waveform. */
function faceMoves(e: Quality): boolean {
  const leastDb = Number.isNaN(e.backgroundShare) ? UNSEEN_NOD_DB : NOD_DB;
  const unclear = e.snrDb < UNCLEAR_SNR_DB && e.nodDb > UNCLEAR_NOD_DB;
  return (
    (e.nodDb > leastDb && e.withNod > WITH_NOD) ||
    (unclear && e.withNod > UNCLEAR_WITH_NOD) ||
    e.boxShare < AGAINST_EDGES
  );
}

/** Return whether the peaks, POS or one side of the face give another rate. */
function othersDisagree(e: Quality, rateBpm: number): boolean {
  const sidesLineDb = Math.abs(e.sideShare) < ONE_SIDE ? ONE_SIDE_LINE_DB : SIDES_LINE_DB;
  return (
    apart(e.peaksBpm, rateBpm) > PEAKS_BPM ||
    (apart(e.posBpm, rateBpm) > POS_BPM && e.posLineDb > POS_LINE_DB) ||
    (e.posHalfBpm < HALF_BPM && e.posLineDb > HALF_LINE_DB) ||
    (Math.abs(e.posBpm - rateBpm) < DOUBLE_BPM && e.posLineDb > DOUBLE_LINE_DB) ||
    (e.sidesBpm > SIDES_BPM && e.sidesLineDb > sidesLineDb) ||
    (Math.abs(e.sideShare) < SIDE_SHARE && e.withPos > SIDE_WITH_POS) ||
    (Math.abs(e.sideShare) < CLEAR_SIDE_SHARE && e.snrDb > CLEAR_SNR_DB) ||
    (e.snrDb > CLEAR_SNR_DB && e.withPos < UNLIKE_POS && unlikeBlood(e))
  );
}

/** Return whether the colours hardly change at the rate, or otherwise than by a pulse. */
function unlikeBlood(e: Quality): boolean {
  return e.changeDb < CLEAR_CHANGE_DB || e.beyondBloodDb > UNLIKE_BLOOD_DB;
}

/** Return whether neither the spectral line nor the colours confirm the waveform. */
function isNoise(e: Quality, rateBpm: number): boolean {
  const unlike = apart(e.posBpm, rateBpm) > POS_BPM || apart(e.peaksBpm, rateBpm) > FAINT_PEAKS_BPM;
  const colourless = (e.withMix < WITH_MIX || e.changeDb < CHANGE_DB) && e.withPos < WITH_POS;
  return (e.snrDb < FAINT_SNR_DB && unlike) || colourless;
}

/** Return the distance of another reading from the rate or twice the rate, the smaller. */
function apart(distanceBpm: number, rateBpm: number): number {
  return Math.min(distanceBpm, Math.abs(distanceBpm - rateBpm));
}
