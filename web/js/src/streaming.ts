/**
 * Reading of a waveform that is still growing, in bounded memory.
 *
 * A state goes in, the next samples go in, the next state comes out, with the windows that are
 * complete. A state is never changed, so that one may look at what it would give if the waveform
 * ended now, and go on. The port of `sspd.vitals.streaming`; frames come in by `Settings.read`.
 */

import { concat } from "./arrays.js";
import { equalize, settleSamples } from "./filters.js";
import { PASS_HZ } from "./rate.js";
import { analyzeBeats, between, type Rhythm } from "./rhythm.js";
import {
  beginFilter,
  filteredForGood,
  filteredNow,
  type FilterState,
  pushed,
  pushFilter,
  trimFilter,
} from "./streaming-filter.js";
import {
  cutWindows,
  readWindow,
  REMAINDER_S,
  SHORTEST_WAVEFORM_S,
  type Signal,
  unreadWindows,
  type Window,
} from "./windows.js";

/** Frames up to this long before and after a window belong to its quality features, seconds. */
const ROWS_AROUND_S = 1;
/** Variability and breathing are those of the last five minutes, seconds. */
const RHYTHM_S = 300;
/** Most taps of an equalizer. */
const MOST_TAPS = 121;

/** How a waveform is read, and the time of its first sample. */
export interface Settings {
  readonly fs: number;
  readonly startS: number;
  readonly windowS: number;
  readonly stepS: number | null;
  /** Equalizer, applied before beats are detected; null: none. */
  readonly taps: readonly number[] | null;
  /** Reads one filtered window; `readWindow` knows no frames. */
  readonly read: (filtered: Signal) => Window;
}

/** Settings with the defaults of `sspd.measure`. */
export function settings(fs: number, changed: Partial<Settings> = {}): Settings {
  return { fs, startS: 0, windowS: 30, stepS: null, taps: null, read: readWindow, ...changed };
}

/** All that the read-out of a growing waveform remembers. */
export interface State {
  readonly settings: Settings;
  /** The last samples, not yet in what follows. */
  readonly held: Float64Array;
  /** Samples before `held`. */
  readonly count: number;
  /** Filter of the waveform since the last gap; null in a gap. */
  readonly run: FilterState | null;
  /** Windows of the run that are complete. */
  readonly nRead: number;
  /** The last five minutes before `held`, NaN in gaps. */
  readonly recent: Float64Array;
  /** Windows that are complete and begin in them. */
  readonly windows: readonly Window[];
}

/** Begin the read-out of a waveform of which no sample is known yet. */
export function begin(asked: Settings): State {
  cutWindows(0, 0, asked.windowS, asked.stepS); // checks
  beginFilter(asked.fs, PASS_HZ);
  const none = new Float64Array(0);
  return {
    settings: asked,
    held: none,
    count: 0,
    run: null,
    nRead: 0,
    recent: none,
    windows: [],
  };
}

/** Read further samples, NaN where there is no face; any cut of them gives the same. */
export function push(state: State, sig: ArrayLike<number>): { state: State; windows: Window[] } {
  const waiting = concat(state.held, sig);
  const held = Math.ceil(ROWS_AROUND_S * state.settings.fs) + 1;
  const n = Math.max(0, waiting.length - held);
  const next = advance(state, waiting.slice(0, n));
  return { state: { ...next.state, held: waiting.slice(n) }, windows: next.windows };
}

/** Return the windows that a waveform still has if it ends now. */
export function close(state: State): Window[] {
  const now = settled(state);
  return [...now.windows, ...unfinished(now.state)];
}

/** Return the end of all samples that were pushed, seconds. */
export function endS(state: State): number {
  return state.settings.startS + (state.count + state.held.length) / state.settings.fs;
}

/** Return the last seconds of the filtered waveform, at most one window; null under 8 s. */
export function pulseNow(state: State): Signal | null {
  const { run, settings: asked, count } = settled(state).state;
  if (run === null || pushed(run) / asked.fs < SHORTEST_WAVEFORM_S) return null;
  const first = Math.max(0, pushed(run) - Math.round(asked.windowS * asked.fs));
  const startS = asked.startS + (count - pushed(run)) / asked.fs + first / asked.fs;
  return { values: filteredNow(run, first), fs: asked.fs, startS };
}

/** Read the last seconds of a waveform, as if it ended now; null under 8 s. */
export function windowNow(state: State): Window | null {
  const filtered = pulseNow(state);
  if (filtered === null) return null;
  return { ...state.settings.read(filtered), startS: filtered.startS, endS: endS(state) };
}

/** Return beats, variability and breathing of the last five minutes of a waveform. */
export function rhythmNow(state: State): Rhythm {
  const now = settled(state).state;
  const { fs, taps } = now.settings;
  const recent = { values: now.recent, fs, startS: endOf(now) - now.recent.length / fs };
  const windows = [...now.windows, ...unfinished(now)].filter(
    (window) => window.startS >= endOf(now) - RHYTHM_S,
  );
  if (taps === null || !recent.values.length) return analyzeBeats(recent, windows);
  const values = recent.values.slice();
  for (const [first, end] of runs(values)) {
    if (end - first > 1) values.set(equalize(values.slice(first, end), taps), first);
  }
  return analyzeBeats({ ...recent, values }, windows, recent);
}

/** Take in the samples that wait for frames, as if no frames came any more. */
function settled(state: State): { state: State; windows: Window[] } {
  const next = advance(state, state.held);
  return { state: { ...next.state, held: new Float64Array(0) }, windows: next.windows };
}

/** Read the windows of the last run that are not complete, as if it ended now. */
function unfinished(state: State): Window[] {
  const { run, settings: asked } = state;
  if (run === null) return [];
  const [startS, end] = [runStart(state), endOf(state)];
  if (pushed(run) / asked.fs < SHORTEST_WAVEFORM_S) {
    return unreadWindows(startS, end, "too_short", asked.windowS);
  }
  const spans = cutWindows(startS, end, asked.windowS, asked.stepS, state.nRead);
  if (!spans.length) return [];
  const first = numberOf(state, spans[0]![0]);
  const filtered = {
    values: filteredNow(run, first),
    fs: asked.fs,
    startS: startS + first / asked.fs,
  };
  return spans.map(([a, b]) => ({
    ...asked.read(between(filtered, a, b)),
    startS: a,
    endS: b,
  }));
}

function advance(from: State, values: Float64Array): { state: State; windows: Window[] } {
  let state = from;
  const windows: Window[] = [];
  let last = 0;
  for (const [first, end] of runs(values)) {
    if (first > last || (first === 0 && state.run === null)) {
      windows.push(...unfinished(state));
      state = afterGap(state, first - last, beginFilter(state.settings.fs, PASS_HZ));
    }
    const next = extend(state, values.slice(first, end));
    state = next.state;
    windows.push(...next.windows);
    last = end;
  }
  if (last < values.length) {
    windows.push(...unfinished(state));
    state = afterGap(state, values.length - last, null);
  }
  return { state: trimmed(state, values, windows), windows };
}

function afterGap(state: State, nGap: number, run: FilterState | null): State {
  return { ...state, count: state.count + nGap, run, nRead: 0 };
}

/** Add samples to the run, and read the windows that are complete by them. */
function extend(from: State, values: Float64Array): { state: State; windows: Window[] } {
  const { fs, read } = from.settings;
  const run = pushFilter(from.run!, values);
  let state: State = { ...from, run, count: from.count + values.length };
  const wait = Math.max(settleSamples(fs, PASS_HZ), Math.ceil(REMAINDER_S * fs) + 1);
  const windows: Window[] = [];
  for (;;) {
    const [a, b] = span(state, state.nRead);
    const [first, end] = [numberOf(state, a), numberOf(state, b)];
    if (end + wait > pushed(run)) return { state, windows };
    const startS = runStart(state) + first / fs;
    const filtered = { values: filteredForGood(run, first, end), fs, startS };
    windows.push({ ...read(filtered), startS: a, endS: b });
    state = { ...state, nRead: state.nRead + 1 };
  }
}

function span(state: State, k: number): readonly [number, number] {
  const { windowS, stepS } = state.settings;
  const startS = runStart(state) + k * (stepS ?? windowS);
  return [startS, startS + windowS];
}

function numberOf(state: State, timeS: number): number {
  return Math.max(0, Math.ceil((timeS - 1e-9 - runStart(state)) * state.settings.fs));
}

function endOf(state: State): number {
  return state.settings.startS + state.count / state.settings.fs;
}

function runStart(state: State): number {
  const n = state.run === null ? 0 : pushed(state.run);
  return state.settings.startS + (state.count - n) / state.settings.fs;
}

/** Forget what no later window needs. */
function trimmed(state: State, values: Float64Array, found: readonly Window[]): State {
  const { fs, windowS } = state.settings;
  const end = endOf(state);
  let { run } = state;
  if (run !== null) {
    const shown = Math.max(end - windowS, runStart(state));
    run = trimFilter(run, numberOf(state, Math.min(span(state, state.nRead)[0], shown)));
  }
  // a little longer, as an equalizer needs neighbours
  const n = Math.ceil(RHYTHM_S * fs) + MOST_TAPS;
  return {
    ...state,
    run,
    recent: concat(state.recent, values).slice(-n),
    windows: [...state.windows, ...found].filter((w) => w.startS >= end - RHYTHM_S),
  };
}

/** Return the half-open index ranges of finite values. */
function runs(values: Float64Array): [number, number][] {
  const found: [number, number][] = [];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) continue;
    const first = i;
    while (i < values.length && Number.isFinite(values[i]!)) i++;
    found.push([first, i]);
  }
  return found;
}
