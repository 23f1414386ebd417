import assert from "node:assert/strict";
import { test } from "node:test";

import * as sspd from "../src/index.js";

const FS = 30;
const N = 900;
/** Proportions of a pulse in red, green and blue. */
const PULSE = [0.33, 0.77, 0.53];
/** Accepts half of the rate of `slowHeart` alone: it asks for agreement with POS. */
const CONFIDENCE = {
  intercept: 4,
  weights: [
    ["pos_apart", -1],
    ["not_with_pos", -4],
  ],
} as const;

/** Make numbers that look random, the same each time, from -1 to 1. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (1664525 * state + 1013904223) % 4294967296;
    return state / 2147483648 - 1;
  };
}

/** Make three colours over time, of a level, a change and noise. */
function colours(level: number, change: Float64Array, mix: number[], draw: () => number): sspd.Colours {
  const columns = mix.map((part) => change.map((one) => level + part * one + 0.06 * draw()));
  return columns as unknown as sspd.Colours;
}

/** A slow heart whose waveform is read double, before a wall in a light of its doubled rate. */
function slowHeart(light: number): [Float64Array, sspd.FrameRows] {
  const draw = noise(6);
  const t = Float64Array.from({ length: N }, (_, i) => i / FS);
  let turns = 0;
  const phase = t.map((s) => (turns += (2 * Math.PI * (0.85 + 0.015 * Math.sin(0.6 * s))) / FS));
  const wave = phase.map((p) => 0.6 * Math.sin(p) + Math.sin(2 * p + 1) + 0.17 * draw());
  const blood = phase.map((p) => -0.36 * (Math.sin(p) + 0.4 * Math.sin(2 * p + 1)));
  const flicker = t.map((s) => light * Math.sin(2 * Math.PI * 1.7 * s));
  const none = new Float64Array(N);
  const rows = {
    t,
    quarters: [1, 2, 3, 4].map(() => colours(120, blood, PULSE, draw)),
    box: colours(0, none, [0, 0, 0], () => 0),
    background: colours(90, flicker, [1, 1, 1], draw),
    moved: colours(0, none, [0, 0, 0], () => 0),
    overexposed: none,
    dark: none,
    motion: none,
    isNew: none.map(() => 1),
  };
  return [wave, rows];
}

test("half of a rate at which the light changes is rejected", () => {
  for (const [light, reasons] of [
    [0, []],
    [0.5, ["flicker"]],
  ] as const) {
    const [wave, rows] = slowHeart(light);
    const filtered = { values: sspd.pulseBand(wave, FS), fs: FS, startS: 0 };
    assert.ok(Math.abs(sspd.readRate(filtered.values, FS).spectralBpm! - 102) < 1);
    const found = sspd.assessWindow(filtered, rows, { confidence: CONFIDENCE });
    assert.ok(Math.abs(found.spectralBpm! - 51) < 1);
    assert.deepEqual(found.reasons, reasons);
  }
});
