/** Detection of a light that pulses at the rate that was read (`sspd.vitals.flicker`). */

import { linspace, mean, median } from "./arrays.js";
import { type Complex, rfft } from "./fft.js";
import { resampleTimes } from "./colour.js";
import type { Number2 } from "./lines.js";
import { hann } from "./spectrum.js";

const LINE_TO_FLOOR = 20;
const FLICKER_AMPLITUDE = 1e-3;
const FLICKER_SHARE = 0.5;
const FLICKER_LEAST = 2e-4;
const NEAR_LIGHT_TO_FLOOR = 100;
const NEAR_LIGHT_SHARE = 0.15;
const GREY_FACTOR = 1.25;
const GREY_ANGLE = 0.4;
const STEP_ANGLE = 1;
const SAME_COLOURS = 0.85;
const SMALL_CHANGE = 0.3;
const FACE_SHARE = 0.4;
const SLOWEST_FLICKER_HZ = 0.6;
const TRACE_FS = 16;

/** Red, green and blue over time. */
export type Colours = readonly [Float64Array, Float64Array, Float64Array];

interface FoundLine {
  readonly sizes: readonly Number2[];
  readonly overFloor: number;
  readonly fHz: number;
}

/**
 * Return whether the light pulses at a frequency or at half of it: `face` has the mean colours
 * of the middle of the face, `background` those behind it, at the times `t` of a window.
 */
export function isFlicker(
  face: Colours,
  background: Colours,
  t: Float64Array,
  fHz: number,
): boolean {
  if (t.length < 4 * TRACE_FS) return false;
  const own = relativeTraces(face, t);
  if (own === null) return false;
  if (greyLine(own, fHz)) return true;
  const behind = relativeTraces(background, t);
  if (behind === null) return false;
  const rates = fHz / 2 >= SLOWEST_FLICKER_HZ ? [fHz, fHz / 2] : [fHz];
  return rates.some((rate) => backgroundLine(behind, own, rate));
}

/** Return the relative deviation of colours from their trend, resampled; null if unknown. */
function relativeTraces(rgb: Colours, t: Float64Array): Colours | null {
  const known = rgb.every((trace) => trace.every(Number.isFinite) && mean(trace) >= 1);
  if (!known) return null;
  const n = Math.trunc((t[t.length - 1]! - t[0]!) * TRACE_FS);
  const x = linspace(-1, 1, n);
  return rgb.map((trace) => {
    const even = resampleTimes(trace, t, TRACE_FS, t[0]!, n);
    const trend = cubic(x, even);
    return even.map((v, i) => v / trend[i]! - 1);
  }) as unknown as Colours;
}

/** Return the cubic of least squares, by Legendre polynomials made orthogonal on the points. */
function cubic(x: Float64Array, y: Float64Array): Float64Array {
  const basis: Float64Array[] = [];
  const out = new Float64Array(x.length);
  for (let power = 0; power < 4; power++) {
    let row = x.map((v) => v ** power);
    for (const before of basis) {
      const share = dot(row, before);
      row = row.map((v, i) => v - share * before[i]!);
    }
    const size = Math.sqrt(dot(row, row));
    row = row.map((v) => v / size);
    basis.push(row);
    const share = dot(row, y);
    row.forEach((v, i) => (out[i] = out[i]! + share * v));
  }
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

/** Return complex amplitudes at the strongest bin near a frequency, line over floor, its Hz. */
function strongestLine(traces: Colours, fHz: number): FoundLine {
  const n = traces[0].length;
  const window = hann(n);
  const scale = 2 / window.reduce((a, b) => a + b, 0);
  const spectra = traces.map((trace) =>
    rfft(
      trace.map((v, i) => v * window[i]! * scale),
      4 * n,
    ),
  );
  const grey = spectra[0]!.re.map((_, k) => {
    const re = spectra.reduce((all, each) => all + each.re[k]!, 0) / 3;
    const im = spectra.reduce((all, each) => all + each.im[k]!, 0) / 3;
    return re ** 2 + im ** 2;
  });
  const byColour = spectra[0]!.re.map(
    (_, k) => spectra.reduce((all, each) => all + each.re[k]! ** 2 + each.im[k]! ** 2, 0) / 3,
  );
  const lines = [grey, byColour].map((power) => lineOf(power, TRACE_FS / (4 * n), spectra, fHz));
  return lines[1]!.overFloor > lines[0]!.overFloor ? lines[1]! : lines[0]!;
}

function lineOf(
  power: Float64Array,
  stepHz: number,
  spectra: readonly Complex[],
  fHz: number,
): FoundLine {
  const cell = 4 * stepHz;
  const nothing = { sizes: spectra.map(() => [0, 0] as const), overFloor: 0, fHz };
  const near: number[] = [];
  const [below, above]: [number[], number[]] = [[], []];
  power.forEach((v, k) => {
    const apart = k * stepHz - fHz;
    const far = Math.abs(apart) > 4 * cell && Math.abs(apart) <= Math.max(0.4, 10 * cell);
    if (Math.abs(apart) <= 2 * cell) near.push(k);
    if (far && apart < 0 && k * stepHz > 2 * cell) below.push(v);
    if (far && apart > 0) above.push(v);
  });
  if (near.length < 3 || !below.length || !above.length) return nothing;
  const top = near.reduce((best, k) => (power[k]! > power[best]! ? k : best), near[0]!);
  if (top === near[0] || top === near[near.length - 1]) return nothing;
  const floor = Math.sqrt(median(below) * median(above));
  return {
    sizes: spectra.map(({ re, im }) => [re[top]!, im[top]!] as const),
    overFloor: power[top]! / Math.max(floor, 1e-30),
    fHz: top * stepHz,
  };
}

/** Return the complex amplitude of each colour at one frequency. */
function amplitudes(traces: Colours, fHz: number): Number2[] {
  const window = hann(traces[0].length);
  const scale = 2 / window.reduce((a, b) => a + b, 0);
  return traces.map((trace) => {
    let [re, im] = [0, 0];
    trace.forEach((v, i) => {
      const angle = (2 * Math.PI * fHz * i) / TRACE_FS;
      re += v * window[i]! * scale * Math.cos(angle);
      im -= v * window[i]! * scale * Math.sin(angle);
    });
    return [re, im] as const;
  });
}

const size = ([re, im]: Number2): number => Math.hypot(re, im);

/** Return the angle of `a` against `b`. */
function angle([a, b]: Number2, [c, d]: Number2): number {
  return Math.atan2(b * c - a * d, a * c + b * d);
}

function backgroundLine(background: Colours, face: Colours, fHz: number): boolean {
  const line = strongestLine(background, fHz);
  const amplitude = mean(line.sizes.map(size));
  if (line.overFloor < LINE_TO_FLOOR || amplitude < FLICKER_LEAST) return false;
  const onFace = amplitudes(face, line.fHz);
  const same = likeness(line.sizes, onFace) > SAME_COLOURS;
  const ofFace = mean(onFace.map(size));
  if (!(inStep(line.sizes) || same) || ofFace < FACE_SHARE * amplitude) return false;
  const near = line.overFloor >= NEAR_LIGHT_TO_FLOOR && amplitude >= NEAR_LIGHT_SHARE * ofFace;
  if (same && near) return true;
  return amplitude >= FLICKER_AMPLITUDE || amplitude >= FLICKER_SHARE * ofFace;
}

/** Return whether all colours that change do so in phase. */
function inStep(sizes: readonly Number2[]): boolean {
  const least = SMALL_CHANGE * Math.max(...sizes.map(size));
  const moving = sizes.filter((each) => size(each) >= least);
  return Math.max(...moving.map((each) => Math.abs(angle(each, moving[0]!)))) <= STEP_ANGLE;
}

/** Return the similarity of two changes of colour, whatever their phase, 0 to 1. */
function likeness(a: readonly Number2[], b: readonly Number2[]): number {
  const norm = (all: readonly Number2[]): number =>
    Math.sqrt(all.reduce((total, each) => total + size(each) ** 2, 0));
  let [re, im] = [0, 0];
  a.forEach(([p, q], k) => {
    const [r, s] = b[k]!;
    re += p * r + q * s;
    im += p * s - q * r;
  });
  const sizes = norm(a) * norm(b);
  return sizes > 0 ? Math.hypot(re, im) / sizes : 0;
}

/** Return whether the face's colours change equally; blood changes green most. */
function greyLine(face: Colours, fHz: number): boolean {
  const { sizes, overFloor } = strongestLine(face, fHz);
  if (overFloor < LINE_TO_FLOOR || Math.min(...sizes.map(size)) < FLICKER_LEAST) return false;
  const green = sizes[1]!;
  return [sizes[0]!, sizes[2]!].every(
    (each) =>
      Math.abs(Math.log(size(each) / size(green))) <= Math.log(GREY_FACTOR) &&
      Math.abs(angle(each, green)) <= GREY_ANGLE,
  );
}
