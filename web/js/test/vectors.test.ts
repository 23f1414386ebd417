/** The port against the vectors that the Python package writes (tests/vectors/make.py). */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as sspd from "../src/index.js";
import { bandpass, detrend, equalize, standardise } from "../src/filters.js";

const FOLDER = new URL("../../../../tests/vectors/", import.meta.url);
/** Largest difference, of the value where it is above 1. */
const TOLERANCE = 1e-6;
/** That of statistics of frames, which Python holds in 32 bits: 24 of them are the number. */
const TOLERANCE_OF_FRAMES = 1e-5;

type Json = any; // eslint-disable-line

function cases(group: string): { name: string; in: Json; out: Json }[] {
  return JSON.parse(readFileSync(new URL(`${group}.json`, FOLDER), "utf-8"));
}

function close(ours: Json, theirs: Json, where: string, tolerance = TOLERANCE): void {
  if (ours instanceof Float64Array) ours = Array.from(ours);
  if (Array.isArray(theirs)) {
    assert.ok(Array.isArray(ours), `${where}: ${ours} is no row`);
    assert.equal(ours.length, theirs.length, `${where}: length`);
    theirs.forEach((value, k) => close(ours[k], value, `${where}[${k}]`, tolerance));
  } else if (typeof theirs === "number") {
    const apart = Math.abs(ours - theirs);
    const most = tolerance * Math.max(1, Math.abs(theirs));
    assert.ok(apart <= most, `${where}: ${ours}, not ${theirs}`);
  } else if (theirs !== null && typeof theirs === "object") {
    assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort(), where);
    for (const key of Object.keys(theirs)) close(ours[key], theirs[key], `${where}.${key}`, tolerance);
  } else {
    assert.equal(Number.isNaN(ours) ? null : ours, theirs, where);
  }
}

function every(values: ArrayLike<number>, step: number): number[] {
  return Array.from(values).filter((_, i) => i % step === 0);
}

function check(group: string, compute: (given: Json) => Json, tolerance = TOLERANCE): void {
  for (const { name, in: given, out } of cases(group)) {
    test(`${group}: ${name}`, () => close(compute(given), out, name, tolerance));
  }
}

const BAND: sspd.Band = [0.5, 4];

check("filters", ({ values, fs, taps, freqs_hz }) => ({
  bandpass: every(bandpass(values, fs, BAND), 3),
  narrow: every(bandpass(values, fs, [0.84, 1.6]), 7),
  detrended: every(detrend(values, fs, 0.5), 7),
  standardised: every(standardise(values), 7),
  equalized: every(equalize(values, taps), 7),
  power_gain: sspd.bandpassPowerGain(freqs_hz, fs, BAND),
  edge_samples: sspd.edgeSamples(fs, BAND),
  settle_samples: sspd.settleSamples(fs, BAND),
}));

check("spectrum", ({ values, fs }) => {
  const filtered = sspd.pulseBand(values, fs);
  const { freqs, power } = sspd.powerSpectrum(filtered, fs, [0.6, 3.6]);
  const pulseHz = sspd.pulseFrequency(filtered, fs, [0.6, 3.6]);
  return {
    freqs_hz: every(freqs, 9),
    power: every(power, 9),
    peak_hz: sspd.peakFrequency(filtered, fs, [0.6, 3.6]),
    pulse_hz: pulseHz,
    snr_db: sspd.snrDb(filtered, fs, pulseHz, BAND),
    beats_s: sspd.findBeats(filtered, fs),
  };
});

function ofReading(reading: sspd.Reading | null, fs: number): Json {
  return (
    reading && {
      spectral_bpm: reading.spectralBpm,
      peaks_bpm: reading.peaksBpm,
      snr_db: reading.snrDb,
      track_hz: reading.trackHz && every(reading.trackHz, Math.round(fs)),
    }
  );
}

check("rate", ({ values, fs, near_hz }) => {
  const filtered = sspd.pulseBand(values, fs);
  const reading = sspd.readRate(filtered, fs);
  return {
    filtered: every(filtered, 20),
    reading: ofReading(reading, fs),
    followed: ofReading(sspd.followRate(filtered, fs, reading), fs),
    half: ofReading(sspd.readHalf(filtered, fs, reading), fs),
    near: ofReading(sspd.readRateNear(filtered, fs, near_hz), fs),
  };
});

function ofHrv(found: Record<string, sspd.Estimate>): Json {
  return Object.fromEntries(
    Object.entries(found).map(([name, each]) => [name, [each.value, each.nBeats, each.reason]]),
  );
}

function ofBreath({ hz, nBeats, reason }: sspd.Respiration): Json {
  return [hz, nBeats, reason];
}

check("beats", ({ values, fs, slowest_bpm, fastest_bpm }) => {
  const { beatsS, reliable, noise } = sspd.timeBeats(
    Float64Array.from(values),
    fs,
    slowest_bpm,
    fastest_bpm,
  );
  const spanS = values.length / fs;
  const sizes = sspd.beatSizes(sspd.pulseBand(values, fs), fs, beatsS);
  return {
    beats_s: beatsS,
    reliable,
    sizes,
    noise: {
      sdnn_ms: noise.sdnnMs,
      rmssd_ms: noise.rmssdMs,
      density: every(noise.density, 20),
      gain: every(noise.gain, 20),
    },
    hrv: ofHrv(sspd.hrv(beatsS, { spanS, reliable, noise })),
    respiration: ofBreath(sspd.respiration(beatsS, sizes, spanS)),
  };
});

check("intervals", ({ beats_s, sizes }) => {
  const at = Float64Array.from(beats_s);
  const spanS = at[at.length - 1]! - at[0]!;
  return {
    good: sspd.goodIntervals(at).good,
    hrv: ofHrv(sspd.hrv(at)),
    respiration: ofBreath(sspd.respiration(at, Float64Array.from(sizes), spanS)),
  };
});

function ofWindow(window: sspd.Window | null): Json {
  return (
    window && {
      start_s: window.startS,
      end_s: window.endS,
      spectral_bpm: window.spectralBpm,
      peaks_bpm: window.peaksBpm,
      snr_db: window.snrDb,
      reasons: window.reasons,
      track_bpm: window.trackBpm,
    }
  );
}

/** Push a waveform second by second, and look at it as often as the vectors do. */
function streamed(given: Json, cut: number): Json {
  const values = Float64Array.from(given.values, (v: number | null) => v ?? NaN);
  const { fs, start_s: startS, window_s: windowS, step_s: stepS, taps } = given;
  let state = sspd.begin(sspd.settings(fs, { startS, windowS, stepS, taps }));
  const complete: sspd.Window[] = [];
  const updates: Json[] = [];
  const look = (): void => {
    const rhythm = sspd.rhythmNow(state);
    const { beatsS } = rhythm;
    updates.push({
      end_s: sspd.endS(state),
      window: ofWindow(sspd.windowNow(state)),
      rhythm: {
        n_beats: beatsS.length,
        last_beat_s: beatsS.length ? beatsS[beatsS.length - 1]! : null,
        hrv: ofHrv(rhythm.hrv),
        respiration: ofBreath(rhythm.respiration),
      },
    });
  };
  for (let at = 0; at < values.length; ) {
    const second = Math.min(Math.ceil(Math.floor(at / fs + 1 + 1e-9) * fs - 1e-9), values.length);
    const end = Math.min(second, at + cut);
    const next = sspd.push(state, values.slice(at, end));
    state = next.state;
    complete.push(...next.windows);
    at = end;
    if (at % fs === 0 && (at / fs) % given.every === 0) look();
  }
  complete.push(...sspd.close(state));
  look();
  return { complete: complete.map(ofWindow), updates };
}

check("streaming", (given) => streamed(given, Infinity));

for (const { name, in: given, out } of cases("streaming")) {
  test(`streaming, 7 samples at a time: ${name}`, () => close(streamed(given, 7), out, name));
}

check("colour", ({ rgb, t, fs, start_s, n }) => {
  const rows = [0, 1, 2].map((k) =>
    sspd.resampleTimes(
      rgb.map((row: number[]) => row[k]),
      t,
      fs,
      start_s,
      n,
    ),
  ) as [Float64Array, Float64Array, Float64Array];
  return {
    resampled: rows.map((row) => every(row, 5)),
    pos: every(sspd.posWaveform(...rows, fs), 3),
  };
});

check("lines", ({ values, colour, fs, f_hz }) => {
  const filtered = sspd.pulseBand(values, fs);
  const trace = sspd.relative(colour, fs);
  const [ours, theirs] = [sspd.near(filtered, fs, f_hz), sspd.near(trace, fs, f_hz)];
  const { linesDb, size } = sspd.groupLines(filtered, fs, f_hz);
  return {
    line_db: sspd.lineDb(filtered, fs, f_hz),
    lines_db: linesDb,
    group_size: size,
    relative: every(trace, 11),
    near: every(ours.re, 11),
    part: sspd.part(theirs, ours),
    cosine: sspd.cosine(theirs, ours),
    late_cosine: sspd.lateCosine(theirs, ours, f_hz),
  };
});

function columns(rows: number[][]): sspd.Colours {
  return [0, 1, 2].map((k) => Float64Array.from(rows, (row) => row[k]!)) as unknown as sspd.Colours;
}

check("flicker", ({ t, face, background, f_hz }) => {
  const at = Float64Array.from(t);
  return { is_flicker: sspd.isFlicker(columns(face), columns(background), at, f_hz) };
});

check("direction", ({ quarters, box, background, fs, f_hz }) => {
  const four = [0, 1, 2, 3].map((k) =>
    columns(quarters.map((row: number[]) => row.slice(3 * k, 3 * k + 3))),
  );
  const green = quarters.map((row: number[]) => -(row[1]! + row[4]! + row[7]! + row[10]!) / 4);
  const values = sspd.pulseBand(green, fs);
  const found = sspd.measureColourDirection(values, four, columns(box), columns(background), fs, f_hz);
  if (found === null) return null;
  const scale = Math.max(...found.weights.map(([re, im]) => Math.hypot(re, im)));
  return {
    change_db: found.changeDb,
    half_change_db: found.halfChangeDb,
    beyond_grey_db: found.beyondGreyDb,
    background_db: found.backgroundDb,
    beyond_background_db: found.beyondBackgroundDb,
    background_share: found.backgroundShare,
    background_share_sd: found.backgroundShareSd,
    box_share: found.boxShare,
    box_share_sd: found.boxShareSd,
    quarters_alike: found.quartersAlike,
    beyond_blood_db: found.beyondBloodDb,
    beside_blood: found.besideBlood,
    with_colours: found.withColours,
    weights: found.weights.map(([re, im]) => [re / scale, im / scale]),
  };
});

function snake(found: object): Json {
  return Object.fromEntries(
    Object.entries(found).map(([name, value]) => [
      name === "isFlicker" ? "flicker" : name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
      typeof value === "boolean" ? Number(value) : value,
    ]),
  );
}

check("quality", ({ values, fs, start_s, t, quarters, box, background, moved, spec, intercepts }) => {
  const filtered = { values: sspd.pulseBand(values, fs), fs, startS: start_s };
  const reading = sspd.followRate(filtered.values, fs, sspd.readRate(filtered.values, fs));
  const single = (rows: number[][]): sspd.Colours => columns(rows.map((row) => row.map(Math.fround)));
  const none = new Float64Array(t.length);
  const rows = {
    t: Float64Array.from(t),
    quarters: [0, 1, 2, 3].map((k) =>
      single(quarters.map((row: number[]) => row.slice(3 * k, 3 * k + 3))),
    ),
    box: single(box),
    background: single(background),
    moved: single(moved),
    overexposed: none,
    dark: none,
    motion: none,
    isNew: none.map(() => 1),
  };
  const found = sspd.measureQuality(filtered, reading, rows);
  const windows = intercepts.map((intercept: number) =>
    sspd.assessWindow(filtered, rows, { confidence: { ...spec, intercept } }),
  );
  return {
    features: found && snake(found),
    windows: windows.map((one: sspd.Window) => [one.spectralBpm, one.confidence, one.reasons]),
  };
});

check("confidence", ({ clean, changes, spec, rate_bpm }) => {
  const camel = (name: string): string => name.replace(/_([a-z])/g, (_, c) => c.toUpperCase());
  const found = changes.map(([name, change]: [string, Json]) => {
    const given = Object.entries({ ...clean, ...change } as Json).map(([key, value]) => [
      camel(key),
      value ?? NaN,
    ]);
    const plain = Object.fromEntries(given);
    const quality = { ...plain, isFlicker: plain.flicker > 0 } as sspd.Quality;
    const reading = {
      terms: Object.values(sspd.TERMS).map((term) => term(quality)),
      confidence: sspd.confidenceOf(quality, spec),
      contradictions: sspd.contradictions(quality, rate_bpm),
    };
    return [name, reading];
  });
  return { terms: Object.keys(sspd.TERMS), readings: Object.fromEntries(found) };
});

check("reasons", ({ fps, seconds, scene, reading, clock_known, confidence, least_confidence }) => {
  const n = Math.round(fps * seconds);
  const all = (value: number): Float64Array => new Float64Array(n).fill(value);
  const rows = {
    t: Float64Array.from({ length: n }, (_, i) => i / fps),
    overexposed: all(scene.overexposed),
    dark: all(scene.dark),
    motion: all(scene.motion),
    isNew: Float64Array.from({ length: n }, (_, i) => (i % scene.every === 0 ? 1 : 0)),
  };
  const { spectral_bpm: spectralBpm, peaks_bpm: peaksBpm, snr_db: snrDb, tracked } = reading;
  const trackHz = tracked ? all(spectralBpm / 60) : null;
  const known = {
    clockKnown: clock_known,
    confidence,
    ...(least_confidence === null ? {} : { leastConfidence: least_confidence }),
  };
  const of = sspd.sceneBetween(rows, 0, seconds);
  return {
    reasons: sspd.rejectionReasons({ spectralBpm, peaksBpm, snrDb, trackHz }, seconds, of, known),
  };
});

check(
  "frames",
  ({ frames, height, width, box: [left, top, right, bottom], size }) => {
    const box = { left, top, right, bottom };
    let before: sspd.FrameRow | null = null;
    const rows = frames.map((data: number[]) => {
      const frame: sspd.RgbImage = { data, width, height, channels: 3 };
      const face = sspd.resizeArea(sspd.cut(frame, box), size, size);
      const row = sspd.measureFrame(frame, box, face, before);
      before = row;
      return {
        face_rgb: row.faceRgb,
        background_rgb: row.backgroundRgb,
        quarters_rgb: row.quartersRgb,
        moved: row.moved,
        overexposed: row.overexposed,
        dark: row.dark,
        motion: row.motion,
      };
    });
    return { rows };
  },
  TOLERANCE_OF_FRAMES,
);

check(
  "crops",
  ({ t, values, fs, pixels, box, size }) => {
    if (pixels !== undefined) {
      const [left, top, right, bottom] = box;
      const image: sspd.RgbImage = { data: pixels, width: 9, height: 8, channels: 3 };
      const { data } = sspd.cropFace(image, { left, top, right, bottom }, size);
      return { face: rowsOf(rowsOf(Array.from(data), 3), size) };
    }
    const faces = values.map((v: number, k: number) => ({
      t: t[k],
      data: Float32Array.of(Math.round(256 * v) / 256),
    }));
    let state = sspd.beginGrid(fs, faces[0]);
    const grid: number[] = [];
    for (const face of faces.slice(1)) {
      const next = sspd.pushGrid(state, face);
      state = next.state;
      grid.push(...next.faces.map((found) => found[0]!));
    }
    return { grid: [...grid, ...sspd.closeGrid(state).map((found) => found[0]!)] };
  },
  TOLERANCE_OF_FRAMES,
);

check("repeats", ({ change, one_way }) => {
  const single = change.map((v: number | null) => (v === null ? NaN : Math.fround(v)));
  return { new: sspd.newFrames(single, one_way).map(Number).join("") };
});

function rowsOf<T>(values: readonly T[], n: number): T[][] {
  return Array.from({ length: values.length / n }, (_, k) => values.slice(n * k, n * k + n));
}

test("a canvas, with a fourth channel, is the same frame", () => {
  const { frames, height, width } = cases("frames")[0]!.in;
  const data: number[] = frames[0];
  const four = Array.from({ length: 4 * width * height }, (_, i) =>
    i % 4 === 3 ? 255 : data[3 * (i >> 2) + (i % 4)]!,
  );
  const box = { left: 12, top: 8, right: 37, bottom: 33 };
  const rows = ([3, 4] as const).map((channels) => {
    const frame: sspd.RgbImage = { data: channels === 3 ? data : four, width, height, channels };
    return sspd.measureFrame(frame, box, sspd.cut(frame, box), null);
  });
  assert.deepEqual(rows[0], rows[1]);
});
