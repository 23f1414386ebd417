import assert from "node:assert/strict";
import { test } from "node:test";

import * as sspd from "../src/index.js";

function pulse(seconds: number, fs: number): Float64Array {
  return Float64Array.from({ length: seconds * fs }, (_, i) => Math.sin((7.2 * i) / fs));
}

test("what is remembered does not grow", () => {
  let state = sspd.begin(sspd.settings(12));
  const sizes: number[] = [];
  for (let minute = 0; minute < 20; minute++) {
    const next = sspd.push(state, pulse(60, 12));
    state = next.state;
    assert.ok(next.windows.length <= 3);
    const { run, recent, held, windows } = state;
    sizes.push(run!.raw.length + run!.forward.length + recent.length + held.length);
    assert.ok(windows.length <= 10);
  }
  assert.ok(Math.max(...sizes.slice(6)) <= Math.max(...sizes.slice(0, 6)) + 12);
});

test("a state is not changed by what comes after it", () => {
  const first = sspd.push(sspd.begin(sspd.settings(12)), pulse(50, 12)).state;
  const before = JSON.stringify(first);
  sspd.push(first, pulse(60, 12));
  sspd.close(first);
  sspd.rhythmNow(first);
  assert.equal(JSON.stringify(first), before);
});

test("too little is no window, and a gap ends one", () => {
  let { state } = sspd.push(sspd.begin(sspd.settings(12)), pulse(7, 12));
  assert.equal(sspd.windowNow(state), null);
  state = sspd.push(state, pulse(5, 12)).state;
  assert.ok(Math.abs(sspd.windowNow(state)!.spectralBpm! - 68.75) < 0.5);
  state = sspd.push(state, new Float64Array(12).fill(NaN)).state;
  assert.equal(sspd.windowNow(state), null);
  assert.deepEqual(
    sspd.close(state).map((window) => [window.startS, window.endS]),
    [[0, 12]],
  );
});

test("bad input is named", () => {
  assert.throws(() => sspd.begin(sspd.settings(0)), /rate/);
  assert.throws(() => sspd.begin(sspd.settings(NaN)), /rate/);
  assert.throws(() => sspd.begin(sspd.settings(12, { windowS: 3 })), /8 s or more/);
  assert.throws(() => sspd.begin(sspd.settings(12, { stepS: 0 })), /step/);
  assert.throws(() => sspd.pulseBand([1, NaN, 2], 12), /too short|NaN/);
  assert.throws(() => sspd.hrv([0, 1, 1]), /rising/);
  assert.throws(() => sspd.resampleTimes([1, 2], [0, 0], 12, 0, 3), /rising/);
});
