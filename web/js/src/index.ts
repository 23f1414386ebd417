/** Heart rate, beats, variability and breathing from a pulse waveform, as it grows. */

export { type Complex, fft, ifft, rfft } from "./fft.js";
export {
  type Band,
  bandpass,
  bandpassPowerGain,
  detrend,
  edgeSamples,
  equalize,
  settleSamples,
  standardise,
} from "./filters.js";
export { peakFrequency, powerSpectrum, pulseFrequency, snrDb, type Spectrum } from "./spectrum.js";
export { findBeats, intervalSpread } from "./peaks.js";
export {
  followRate,
  PASS_HZ,
  pulseBand,
  type Reading,
  readHalf,
  readRate,
  readRateNear,
  SEARCH_HZ,
} from "./rate.js";
export { beatSizes, type BeatTimes, type IntervalNoise, timeBeats } from "./beats.js";
export { type Estimate, goodIntervals, HRV_NAMES, hrv, type HrvName } from "./hrv.js";
export { type Respiration, respiration } from "./respiration.js";
export { acceptedRuns, analyzeBeats, type Rhythm } from "./rhythm.js";
export { cutWindows, readWindow, type Signal, type Window } from "./windows.js";
export {
  begin,
  close,
  endS,
  pulseNow,
  push,
  rhythmNow,
  type Settings,
  settings,
  type State,
  windowNow,
} from "./streaming.js";
export { posWaveform, resampleTimes } from "./colour.js";
export { displacement, type FrameRow, measureFrame } from "./frame-statistics.js";
export { type Box, cropFace, cut, type RgbImage, resizeArea, type Rgb } from "./images.js";
export { groupLines } from "./groups.js";
export { type Colours, isFlicker } from "./flicker.js";
export { cosine, lateCosine, lineDb, near, part, relative } from "./lines.js";
export {
  type Known,
  leastSnrDb,
  LEAST_CONFIDENCE,
  type Reason,
  REASONS,
  rejectionReasons,
  type Scene,
  sceneBetween,
} from "./reasons.js";
export { type ColourDirection, measureColourDirection } from "./colour-direction.js";
export { type FrameTraces, measureQuality, type Quality } from "./quality.js";
export { type ColourFeatures, colourFeatures } from "./colour-features.js";
export { type ConfidenceSpec, confidenceOf, TERMS } from "./confidence.js";
export { contradictions } from "./contradictions.js";
export { assessWindow, type Facts, type FrameRows } from "./assess.js";
export { beginGrid, closeGrid, type Face, type GridState, pushGrid } from "./grid.js";
export {
  beginNano,
  finishNano,
  type NanoSpec,
  nanoSpecOf,
  type NanoStep,
  type NanoStream,
  pushNano,
} from "./nano.js";
export { LONGEST_S, Measurement, type Moment, type Result } from "./measurement.js";
export { colourPeriod, looped, LoopMemory } from "./loops.js";
export { newFrames } from "./repeats.js";
