/**
 * Frames that repeat an earlier one (`sspd.vitals.new_frames`): the one before, or one of a loop. Those
 * that a codec changes a little are known by a change that is concentrated in few frames.
 */

import { argmax, mean, median } from "./arrays.js";
import type { Colours } from "./flicker.js";
import { looped, LoopMemory } from "./loops.js";
import type { Box, RgbImage } from "./images.js";

/** Frames over which a concentration of change is measured, and that are classified together. */
const BLOCK = 24;
const SECTION = 240;
/** Least effective fraction of the frames that contain the change. */
const LEAST_SPREAD = 0.4;
/** Of the largest changes of blocks, so many are isolated by so much in repeated frames. */
const ALONE_RATIO = 1.4;
const ALONE_SHARE = 0.6;
const MOST_SPREAD = 0.9;
const SKIPPED_SPREAD = 0.5;
const LEAST_CHANGE = 0.125;
/** New frames change by this share of the largest change nearby, or by one of the valley. */
const NEW_SHARE = 0.5;
const VALLEY = [2, 10] as const;
const BINS = 20;
const MOST_IN_A_ROW = 0.35;
/** A smaller fraction of repeats is ignored. */
const LEAST_SHARE = 0.05;
/** Pixels of a face are skipped down to about this number a side. */
const SIDE = 128;

/** The last face, and the change of each frame from the one before; NaN: unknown. */
export interface RepeatMemory {
  before: RgbImage | null;
  readonly changes: number[];
  readonly loops: LoopMemory;
}

/** Begin a memory of which nothing was seen. */
export function repeatMemory(): RepeatMemory {
  return { before: null, changes: [], loops: new LoopMemory() };
}

/** Remember a frame at time `t` by its change from the one before. */
export function seenChange(memory: RepeatMemory, frame: RgbImage, box: Box, t: number): void {
  const now = sampled(frame, box);
  const { before } = memory;
  let total = 0;
  if (before !== null) {
    for (let i = 0; i < now.data.length; i++) total += Math.abs(now.data[i]! - before.data[i]!);
  }
  const change = before === null ? NaN : total / now.data.length;
  memory.changes.push(change);
  memory.loops.add(now, t, change);
  memory.before = now;
}

/** Return 1 for each new frame, 0 for each that repeats another. */
export function markNew(
  memory: RepeatMemory,
  t: Float64Array,
  quarters: readonly Colours[],
  oneWay: boolean,
): Float64Array {
  const changes = memory.changes.slice(0, t.length);
  const again = looped(t, memory.loops.lags, changes, quarters);
  const isNew = newFrames(changes.map(Math.fround), oneWay).map((v, i) => v && !again[i]);
  const all = mean(isNew.map(Number)) > 1 - LEAST_SHARE;
  return Float64Array.from(isNew, (v) => (v || all ? 1 : 0));
}

/**
 * Separate new frames from those that repeat the frame before, by their changes; `oneWay`: no
 * codec predicted frames from later ones, which then change less than others.
 */
export function newFrames(changes: readonly number[], oneWay: boolean): boolean[] {
  const isNew = changes.map((v) => v !== 0);
  const rows = sections(changes.length);
  const known = rows.map((row) => row.filter((i) => Number.isFinite(changes[i])));
  const found = known.map((row) => Float64Array.from(row, (i) => changes[i]!));
  const areHeld = found.map((c) => c.length >= BLOCK && hasRepeats(c, oneWay));
  const mostAre = mean(areHeld.map(Number)) >= 0.5; // then the other sections are tested too
  known.forEach((row, k) => {
    if (found[k]!.length < BLOCK || !(areHeld[k] || mostAre)) return;
    heldOf(found[k]!).forEach((held, j) => {
      if (held) isNew[row[j]!] = false;
    });
  });
  return isNew;
}

/** Divide numbers as NumPy's `array_split` does: the first parts are one longer. */
function sections(n: number): number[][] {
  const count = Math.max(1, Math.round(n / SECTION));
  const [size, longer] = [Math.floor(n / count), n % count];
  let at = 0;
  return Array.from({ length: count }, (_, k) =>
    Array.from({ length: size + (k < longer ? 1 : 0) }, () => at++),
  );
}

/** Return whether so few frames hold the change that the others repeat them. */
function hasRepeats(c: Float64Array, oneWay: boolean): boolean {
  const spreads: number[] = [];
  for (let k = 0; k + BLOCK <= c.length; k += BLOCK / 2) {
    const block = c.subarray(k, k + BLOCK);
    const [total, squares] = [
      block.reduce((a, b) => a + b, 0),
      block.reduce((a, b) => a + b * b, 0),
    ];
    if (squares > 0) spreads.push(total ** 2 / (block.length * squares));
  }
  if (!spreads.length) return false;
  const spread = median(spreads);
  if (spread < LEAST_SPREAD) return true;
  if (!oneWay || spread >= (median(c) >= LEAST_CHANGE ? MOST_SPREAD : SKIPPED_SPREAD)) return false;
  const alone: number[] = [];
  for (let k = 0; k < c.length; k += BLOCK / 2) {
    const top = k + argmax(c.subarray(k, k + BLOCK / 2));
    const beside = Math.max(c[top - 1] ?? 0, c[top + 1] ?? 0);
    alone.push(c[top]! >= ALONE_RATIO * beside ? 1 : 0);
  }
  return mean(alone) >= ALONE_SHARE;
}

/** Return which of these changes are those of repeats. */
function heldOf(c: Float64Array): boolean[] {
  const share = Array.from(c, (v, i) => {
    let most = -Infinity;
    for (let j = i - BLOCK / 2; j < i + BLOCK / 2; j++) {
      most = Math.max(most, c[Math.min(Math.max(j, 0), c.length - 1)]!);
    }
    return most > 0 ? v / most : 1;
  });
  const counts = new Array<number>(BINS).fill(0);
  for (const v of share) counts[Math.min(BINS - 1, Math.floor(v * BINS))]!++;
  let rarest: number = VALLEY[0];
  const besides = (edge: number): number => counts[edge - 1]! + counts[edge]!;
  for (let edge = VALLEY[0]; edge <= VALLEY[1]; edge++) {
    if (besides(edge) < besides(rarest)) rarest = edge;
  }
  const held = share.map((v) => v < rarest / BINS);
  const after = held.slice(1).filter((_, i) => !held[i]);
  const inARow = after.length ? mean(after.map((v) => (v ? 0 : 1))) : 0;
  return inARow <= MOST_IN_A_ROW ? held : share.map((v) => v < NEW_SHARE);
}

function sampled({ data, width, channels }: RgbImage, box: Box): RgbImage {
  const [wide, high] = [box.right - box.left, box.bottom - box.top];
  const step = Math.max(1, Math.floor(Math.min(wide, high) / SIDE));
  const [columns, rows] = [Math.floor(wide / step), Math.floor(high / step)];
  const out = new Float64Array(3 * columns * rows);
  let to = 0;
  for (let y = 0; y < rows; y++) {
    let at = channels * ((box.top + y * step) * width + box.left);
    for (let x = 0; x < columns; x++, at += channels * step) {
      out[to++] = data[at]!;
      out[to++] = data[at + 1]!;
      out[to++] = data[at + 2]!;
    }
  }
  return { data: out, width: columns, height: rows, channels: 3 };
}
