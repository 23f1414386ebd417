/**
 * The reading of a window with its frames: confidence, contradictions, reasons
 * (`sspd.vitals.windows.read_window`).
 */

import { type ConfidenceSpec, confidenceOf } from "./confidence.js";
import { contradictions } from "./contradictions.js";
import { type FrameTraces, measureQuality } from "./quality.js";
import { followRate, readHalf, readRate, type Reading } from "./rate.js";
import { type Reason, REASONS, rejectionReasons, type Scene, sceneBetween } from "./reasons.js";
import { type Signal, type Window, windowOf } from "./windows.js";

/** A reason that rejects half of a rate too. */
const FLICKER: Reason = "flicker";

/** All statistics of frames over time, a row each. */
export interface FrameRows extends FrameTraces, Scene {}

/** What is known of a measurement beside its waveform and frames. */
export interface Facts {
  /** Null: not calibrated, and fixed rules decide. */
  readonly confidence: ConfidenceSpec | null;
  readonly clockKnown?: boolean;
  readonly leastConfidence?: number;
}

/** Read the heart rate of one filtered window, with its confidence and rejection reasons. */
export function assessWindow(filtered: Signal, rows: FrameRows, facts: Facts): Window {
  const { values, fs } = filtered;
  const reading = followRate(values, fs, readRate(values, fs));
  const found = assess(filtered, reading, rows, facts);
  if (facts.confidence === null || !found.reasons.length) return found;
  // A rejected rate may be twice the heart's: of the two, the more likely one is taken.
  const other = readHalf(values, fs, reading);
  if (other === null) return found;
  const read = assess(filtered, followRate(values, fs, other), rows, facts);
  // a light that changes at a rate may do so at its half
  const half = found.reasons.includes(FLICKER) ? rejected(read, FLICKER) : read;
  const isLikelier = (half.confidence ?? 0) > (found.confidence ?? 0);
  return half.reasons.length === 0 || isLikelier ? half : found;
}

/** Return a window that is rejected for one more reason. */
function rejected(window: Window, reason: Reason): Window {
  const reasons = REASONS.filter((one) => one === reason || window.reasons.includes(one));
  return { ...window, reasons };
}

function assess(filtered: Signal, reading: Reading, rows: FrameRows, facts: Facts): Window {
  const durationS = filtered.values.length / filtered.fs;
  const endS = filtered.startS + durationS;
  const quality = measureQuality(filtered, reading, rows);
  const confidence =
    quality === null || facts.confidence === null ? null : confidenceOf(quality, facts.confidence);
  const { spectralBpm } = reading;
  const against =
    quality === null || spectralBpm === null ? [] : contradictions(quality, spectralBpm);
  const reasons = rejectionReasons(reading, durationS, sceneBetween(rows, filtered.startS, endS), {
    clockKnown: facts.clockKnown ?? true,
    confidence,
    ...(facts.leastConfidence === undefined ? {} : { leastConfidence: facts.leastConfidence }),
    isFlicker: quality?.isFlicker ?? false,
    contradictions: against,
    othersApartBpm: quality === null ? 0 : Math.max(quality.posBpm, quality.halvesBpm),
  });
  return windowOf(filtered, reading, confidence, reasons);
}
