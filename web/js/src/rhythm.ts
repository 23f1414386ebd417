/** Beats of the accepted windows; variability and breathing of the longest accepted span. */

import { concat } from "./arrays.js";
import { beatSizes, type BeatTimes, timeBeats } from "./beats.js";
import { type Estimate, goodIntervals, HRV_NAMES, hrv, type HrvName } from "./hrv.js";
import { pulseBand } from "./rate.js";
import { respiration, type Respiration } from "./respiration.js";
import type { Signal, Window } from "./windows.js";

export interface Rhythm {
  /** Times of the beats, seconds. */
  readonly beatsS: Float64Array;
  readonly hrv: Record<HrvName, Estimate>;
  readonly respiration: Respiration;
  /** Intervals that are odd in themselves, and were left out of the variability. */
  readonly oddIntervals: number;
}

interface Run {
  readonly startS: number;
  endS: number;
  slowest: number;
  fastest: number;
}

/** Return the time spans that touching or overlapping accepted windows cover. */
export function acceptedRuns(windows: readonly Window[]): Run[] {
  const runs: Run[] = [];
  for (const window of [...windows].sort((a, b) => a.startS - b.startS)) {
    if (window.reasons.length || window.spectralBpm === null) continue;
    const rates = [window.spectralBpm, ...window.trackBpm];
    const [slowest, fastest] = [Math.min(...rates), Math.max(...rates)];
    const last = runs[runs.length - 1];
    if (last !== undefined && window.startS <= last.endS + 1e-6) {
      last.endS = Math.max(last.endS, window.endS);
      last.slowest = Math.min(last.slowest, slowest);
      last.fastest = Math.max(last.fastest, fastest);
    } else runs.push({ startS: window.startS, endS: window.endS, slowest, fastest });
  }
  return runs;
}

/** Return the part of a waveform with `startS <= t < endS`. */
export function between(signal: Signal, startS: number, endS: number): Signal {
  const number = (t: number): number =>
    Math.max(0, Math.ceil((t - 1e-9 - signal.startS) * signal.fs));
  const first = number(startS);
  const values = signal.values.slice(first, number(endS));
  return { values, fs: signal.fs, startS: signal.startS + first / signal.fs };
}

/**
 * Detect the beats of the accepted spans, and analyze the longest of them; `unequalized` is the
 * waveform before its equalizer, of which variability and breathing are taken.
 */
export function analyzeBeats(
  signal: Signal,
  windows: readonly Window[],
  unequalized?: Signal,
): Rhythm {
  const runs = acceptedRuns(windows);
  if (!runs.length) return without("no accepted stretch");
  const timed = (wave: Signal, run: Run): { part: Signal; beats: BeatTimes } => {
    const part = between(wave, run.startS, run.endS);
    return { part, beats: timeBeats(part.values, part.fs, run.slowest, run.fastest) };
  };
  const found = runs.map((run) => timed(signal, run));
  const lengths = runs.map((run) => run.endS - run.startS);
  const longest = lengths.indexOf(Math.max(...lengths));
  const { part, beats } =
    unequalized === undefined ? found[longest]! : timed(unequalized, runs[longest]!);
  const { beatsS, reliable, noise } = beats;
  const spanS = part.values.length / part.fs;
  const sizes = beatSizes(pulseBand(part.values, part.fs), part.fs, beatsS);
  return {
    beatsS: concat(...found.map((each) => each.beats.beatsS.map((t) => t + each.part.startS))),
    hrv: hrv(beatsS, { spanS, reliable, noise }),
    respiration: respiration(beatsS, sizes, spanS),
    oddIntervals: goodIntervals(beatsS).good.filter((v) => !v).length,
  };
}

function without(reason: string): Rhythm {
  const none = { value: null, nBeats: null, spanS: null, reason };
  return {
    beatsS: new Float64Array(0),
    hrv: Object.fromEntries(HRV_NAMES.map((name) => [name, none])) as Record<HrvName, Estimate>,
    respiration: { hz: null, nBeats: null, spanS: null, reason },
    oddIntervals: 0,
  };
}
