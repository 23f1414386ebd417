/** A band-pass without delay over a waveform that is still growing, in bounded memory. */

import { checked, concat } from "./arrays.js";
import {
  type Band,
  bandpass,
  butterworth,
  edgeSamples,
  filterBackward,
  filterOnce,
  settleSamples,
  steadyState,
} from "./filters.js";

/** Band-pass of a waveform so far; `raw` and `forward` hold the samples from `keptFrom` on. */
export interface FilterState {
  readonly fs: number;
  readonly band: Band;
  readonly keptFrom: number;
  readonly raw: Float64Array;
  /** After the forward pass; empty as long as `passed` is null. */
  readonly forward: Float64Array;
  readonly passed: Float64Array | null;
  /** First sample, subtracted from all. */
  readonly offset: number;
}

/** Return the number of samples that were pushed. */
export function pushed(state: FilterState): number {
  return state.keptFrom + state.raw.length;
}

/** Begin to filter a waveform of which no sample is known yet. */
export function beginFilter(fs: number, band: Band): FilterState {
  butterworth(fs, band); // checks
  const none = new Float64Array(0);
  return { fs, band, keptFrom: 0, raw: none, forward: none, passed: null, offset: 0 };
}

/** Filter further samples; the state is not changed, the next one is returned. */
export function pushFilter(state: FilterState, sig: ArrayLike<number>): FilterState {
  const values = checked(sig, state.fs, 0);
  if (!values.length) return state;
  const offset = pushed(state) ? state.offset : values[0]!;
  const more = values.map((v) => v - offset);
  const raw = concat(state.raw, more);
  const sections = butterworth(state.fs, state.band);
  const margin = edgeSamples(state.fs, state.band);
  let { forward } = state;
  let passed = state.passed?.slice() ?? null;
  if (passed !== null) {
    forward = concat(forward, filterOnce(sections, more, passed));
  } else if (raw.length > margin) {
    const before = Float64Array.from({ length: margin }, (_, k) => 2 * raw[0]! - raw[margin - k]!);
    const begun = steadyState(sections).map((v) => v * before[0]!);
    filterOnce(sections, before, begun);
    forward = filterOnce(sections, raw, begun);
    passed = begun;
  }
  return { ...state, raw, forward, passed, offset };
}

/** Drop the samples before a number, as far as they are not needed any more. */
export function trimFilter(state: FilterState, first: number): FilterState {
  const margin = edgeSamples(state.fs, state.band);
  const drop = Math.min(first, pushed(state) - margin - 1) - state.keptFrom;
  if (state.passed === null || drop <= 0) return state;
  const [raw, forward] = [state.raw.slice(drop), state.forward.slice(drop)];
  return { ...state, keptFrom: state.keptFrom + drop, raw, forward };
}

/** Return the filtered samples from a number on, as if the waveform ended now. */
export function filteredNow(state: FilterState, first: number): Float64Array {
  const start = place(state, first);
  if (state.passed === null) return bandpass(state.raw, state.fs, state.band).slice(start);
  const sections = butterworth(state.fs, state.band);
  const margin = edgeSamples(state.fs, state.band);
  const last = state.raw.length - 1;
  const after = Float64Array.from(
    { length: margin },
    (_, k) => 2 * state.raw[last]! - state.raw[last - 1 - k]!,
  );
  const beyond = filterOnce(sections, after, state.passed.slice());
  const values = filterBackward(sections, concat(state.forward.subarray(start), beyond));
  return values.slice(0, values.length - margin);
}

/** Return filtered samples that no later sample changes any more. */
export function filteredForGood(state: FilterState, first: number, end: number): Float64Array {
  const start = place(state, first);
  const stop = end + settleSamples(state.fs, state.band);
  if (state.passed === null || stop > pushed(state)) {
    throw new RangeError(
      `sample ${end} of a waveform is final when ${stop} are known, not ${pushed(state)}`,
    );
  }
  const sections = butterworth(state.fs, state.band);
  const backward = filterBackward(sections, state.forward.subarray(start, stop - state.keptFrom));
  return backward.slice(0, end - first);
}

function place(state: FilterState, first: number): number {
  if (first < state.keptFrom || first > pushed(state)) {
    throw new RangeError(
      `sample ${first} is not kept: those from ${state.keptFrom} to ${pushed(state)} are`,
    );
  }
  return first - state.keptFrom;
}
