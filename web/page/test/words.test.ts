import assert from "node:assert/strict";
import { test } from "node:test";

import { REASONS } from "../../js/src/index.js";
import { toCsv, toJson, waveformCsv } from "../src/report.js";
import { conditions, type Hint, HINTS, nextHint, noHint } from "../src/session/hints.js";
import { firstPhase, nextPhase, type Phase, type Seen, shownBpm } from "../src/session/phases.js";
import type { Final } from "../src/session/session.js";
import { en } from "../src/texts/en.js";

function after(...moments: readonly Seen[]): Phase {
  return moments.reduce(nextPhase, firstPhase());
}

test("a rate is shown once two readings agree, and goes with the next that does not", () => {
  const face = (timeS: number, rateBpm?: number | null): Seen =>
    rateBpm === undefined ? { timeS, face: true } : { timeS, face: true, rateBpm };
  assert.equal(after(face(0)).name, "warming_up");
  assert.equal(after(face(0), face(9, 70)).name, "warming_up");
  const tracking = after(face(0), face(9, 70), face(10, 72));
  assert.equal(tracking.name, "tracking");
  assert.equal(shownBpm(tracking, 10.5), 72);
  assert.equal(shownBpm(tracking, 13), null, "it is too old");
  for (const next of [null, 90]) {
    const lost = nextPhase(tracking, face(11, next));
    assert.equal(lost.name, "recovering");
    assert.equal(shownBpm(lost, 11), null);
  }
  assert.equal(after(face(0), face(9, 70), face(10, 90)).name, "warming_up");
  assert.equal(nextPhase(tracking, { timeS: 12, face: false }).name, "recovering");
});

test("a lost pulse is begun anew after ten seconds", () => {
  const moments = [0, 9, 10, 11].map((timeS, k) => ({
    timeS,
    face: true,
    rateBpm: k === 3 ? null : 70,
  }));
  const lost = after(...moments);
  assert.equal(nextPhase(lost, { timeS: 20, face: true }).name, "recovering");
  assert.equal(nextPhase(lost, { timeS: 22, face: true }).name, "warming_up");
  assert.equal(nextPhase(lost, { timeS: 22, face: false }).name, "searching");
});

test("a hint waits a second, stays, and does not flutter", () => {
  const still = new Set(["sit_still"] as const);
  let state = nextHint(noHint(), still, 0);
  assert.equal(state.name, null);
  state = nextHint(state, still, 1);
  assert.equal(state.name, "sit_still");
  state = nextHint(state, new Set(), 2);
  assert.equal(state.name, "sit_still");
  assert.equal(nextHint(state, new Set(), 4).name, null);
});

test("a condition ends later than it begins", () => {
  const row = { faceRgb: [55, 55, 55], dark: 0, overexposed: 0, motion: 0 };
  const place = { widthPx: 120, width: 0.3, aside: 0.05 };
  const of = (holding: ReadonlyMap<Hint, number>): Set<string> =>
    conditions(place, row as never, 1, [], holding);
  assert.deepEqual([...of(new Map())], []);
  assert.deepEqual([...of(new Map([["more_light", 0]]))], ["more_light"]);
  assert.deepEqual([...conditions(null, null, 0, ["low_snr"], new Map())], ["face_the_camera"]);
});

test("each reason, hint and phase has words", () => {
  assert.deepEqual(Object.keys(en.reasons).sort(), [...REASONS].sort());
  assert.deepEqual(Object.keys(en.hints).sort(), [...HINTS].sort());
  for (const words of Object.values(en.reasons)) assert.ok(words.every((text) => text.length > 5));
});

const NOTHING: Final = {
  result: null,
  reasons: ["no_face"],
  hrBpm: null,
  confidence: null,
  frames: 0,
};

test("without a face a file says so, and has no number", () => {
  const [row] = JSON.parse(toJson(NOTHING, { source: "camera", weights: "nano" }));
  assert.deepEqual(
    [row.hr_bpm, row.accepted, row.reasons, row.windows],
    [null, false, ["no_face"], []],
  );
  assert.equal(waveformCsv(NOTHING), "time_s,rppg,beat\r\n");
});

test("a table has a name that no spreadsheet executes", () => {
  const [, row] = toCsv(NOTHING, { source: '=HYPERLINK("a,b")', weights: "nano" }).split("\r\n");
  assert.ok(row!.startsWith('"\'=HYPERLINK(""a,b"")",0,sspd,nano,0,,'), row);
});
