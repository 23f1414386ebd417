/** Reasons for the rejection of a reading (`sspd.vitals.acceptance`). */

import { mean, median, where } from "./arrays.js";
import type { Reading } from "./rate.js";

/** All rejection reasons, in the order in which they are reported. */
export const REASONS = [
  "no_face",
  "face_lost",
  "too_short",
  "low_snr",
  "readouts_disagree",
  "rate_changes",
  "irregular",
  "out_of_range",
  "motion",
  "flicker",
  "too_dark",
  "overexposed",
  "compression",
  "frame_rate_too_low",
  "clock_unknown",
] as const;
export type Reason = (typeof REASONS)[number];

/** Largest difference of the two read-outs of a window that counts as agreement, bpm. */
const AGREE_BPM = 5;
/** Least signal-to-noise ratio of a window of 30 s, dB; what shorter and tracked ones need more. */
const LEAST_SNR_DB = 1.3;
const SHORT_EXTRA_DB = 1.5;
const TRACKED_EXTRA_DB = 3;
/** Acceptance threshold of the confidence. */
export const LEAST_CONFIDENCE = 0.6;
/** Lowest frame rate, Hz. */
const LEAST_FPS = 12;
/** Degrees that explain a rejection from the first value on, and reject from the second on. */
const OVEREXPOSED = [0.1, 0.4] as const;
const DARK = [0.5, 0.9] as const;
const MOTION = [1.5, 12] as const;
/** Reasons that describe the rhythm of the heart: noise has none. */
const OF_RHYTHM: readonly Reason[] = ["rate_changes", "irregular", "out_of_range"];

/** What the frames of a window say, one value a frame. */
export interface Scene {
  readonly t: Float64Array;
  readonly overexposed: Float64Array;
  readonly dark: Float64Array;
  readonly motion: Float64Array;
  /** 1 for a new frame, 0 for one that repeats another. */
  readonly isNew: Float64Array;
}

/** What is known of a reading beside its numbers. */
export interface Known {
  readonly clockKnown?: boolean;
  readonly isFlicker?: boolean;
  /** Null or left out: not calibrated, and fixed rules decide. */
  readonly confidence?: number | null;
  readonly leastConfidence?: number;
  /** Reasons of single observations that contradict the reading. */
  readonly contradictions?: readonly Reason[];
  /** Largest difference from other read-outs (POS, halves of the window), bpm. */
  readonly othersApartBpm?: number;
}

/** Return the least signal-to-noise ratio for a window of a given length, dB. */
export function leastSnrDb(durationS: number): number {
  const thirds = Math.log(30 / Math.max(durationS, 1)) / Math.log(3);
  return LEAST_SNR_DB + SHORT_EXTRA_DB * Math.max(0, thirds);
}

/** Return the reasons why a reading of `durationS` is rejected; none if it is accepted. */
export function rejectionReasons(
  reading: Reading,
  durationS: number,
  scene: Scene | null = null,
  known: Known = {},
): Reason[] {
  const { rejecting: found, explaining } = ofScene(scene, known.clockKnown ?? true);
  const { spectralBpm, peaksBpm, snrDb, trackHz } = reading;
  const confidence = known.confidence ?? null;
  if (spectralBpm === null || snrDb === null || Number.isNaN(snrDb)) found.add("low_snr");
  else if (confidence === null || !(confidence >= (known.leastConfidence ?? LEAST_CONFIDENCE))) {
    const least = leastSnrDb(durationS) + (trackHz === null ? 0 : TRACKED_EXTRA_DB);
    if (snrDb < least) found.add("low_snr");
    if (peaksBpm === null || Math.abs(peaksBpm - spectralBpm) > AGREE_BPM) {
      found.add("readouts_disagree");
    }
    if (known.isFlicker) found.add("flicker");
    if (confidence !== null && !found.size) {
      found.add((known.othersApartBpm ?? 0) > AGREE_BPM ? "readouts_disagree" : "low_snr");
    }
  }
  if (spectralBpm !== null) known.contradictions?.forEach((reason) => found.add(reason));
  if (found.has("low_snr")) OF_RHYTHM.forEach((reason) => found.delete(reason));
  if (found.size) explaining.forEach((reason) => found.add(reason));
  return REASONS.filter((reason) => found.has(reason));
}

/** Return the reasons that reject by themselves, and those that only explain. */
function ofScene(
  scene: Scene | null,
  clockKnown: boolean,
): { rejecting: Set<Reason>; explaining: Set<Reason> } {
  const rejecting = new Set<Reason>();
  const explaining = new Set<Reason>();
  if (!clockKnown) rejecting.add("clock_unknown");
  const n = scene?.t.length ?? 0;
  if (scene === null || n < 2) return { rejecting, explaining };
  const fps = (n - 1) / (scene.t[n - 1]! - scene.t[0]!);
  if (fps * mean(scene.isNew) < LEAST_FPS) rejecting.add("frame_rate_too_low");
  // At a lower frame rate more changes between two frames.
  const motion = median(scene.motion) * Math.min(fps / 30, 1);
  for (const [reason, degree, [explains, rejects]] of [
    ["overexposed", mean(scene.overexposed), OVEREXPOSED],
    ["too_dark", mean(scene.dark), DARK],
    ["motion", motion, MOTION],
  ] as const) {
    if (degree >= explains) explaining.add(reason);
    if (degree >= rejects) rejecting.add(reason);
  }
  return { rejecting, explaining };
}

/** Return the frames with `startS <= t < endS`. */
export function sceneBetween(scene: Scene, startS: number, endS: number): Scene {
  const inside = (i: number): boolean => scene.t[i]! >= startS - 1e-9 && scene.t[i]! < endS;
  return {
    t: where(scene.t, inside),
    overexposed: where(scene.overexposed, inside),
    dark: where(scene.dark, inside),
    motion: where(scene.motion, inside),
    isNew: where(scene.isNew, inside),
  };
}
