/** Change of three colours at a rate, with the noise beside it (`sspd.vitals.colour_line`). */

import { clip, linspace } from "./arrays.js";
import { add, conj, dot, hermitian, type Matrix, scaled, size2, solve, times, type Vector } from "./complex.js";
import type { Colours } from "./flicker.js";
import { hann } from "./spectrum.js";

/** Noise is measured between these distances from the rate, Hz. */
const BESIDE_HZ = [0.3, 0.9] as const;
/** Not nearer than so many cells of resolution to a multiple of it. */
const CLEAR_CELLS = 3;
/** Slower changes are trends. */
export const SLOWEST_HZ = 0.45;
const SPACING_CELLS = 2.5;
const FREQUENCIES = 8;
const LEAST_FREQUENCIES = 5;
const MOST_BESIDE_HZ = 3;
/** Part of a change that may lie beside the colours of a pulse. */
const BLOOD_TOLERANCE = 0.25;
const MOST_SURE_DB = 200;
/** What is called sure exceeds the noise by so many standard deviations. */
const SURE_DEVIATIONS = 2;

/** Change of R, G and B at a rate, and the same at frequencies beside it. */
export interface ColourLine {
  readonly vector: Vector;
  readonly noise: readonly Vector[];
  readonly fHz: number;
  /** Covariance of the noise that can be inverted whatever it is. */
  readonly regular: Matrix;
}

/** Measure the change of colours at a rate; null if the noise cannot be known. */
export function colourLine(rows: Colours, fs: number, fHz: number): ColourLine | null {
  const n = rows[0].length;
  const atHz = [...besideOf(fHz, fs / n, fs), fHz];
  if (atHz.length - 1 < LEAST_FREQUENCIES || !independent(rows)) return null;
  const window = hann(n);
  const scale = 2 / window.reduce((a, b) => a + b, 0);
  const vectors = atHz.map((f) => {
    // the power of drifting light, and of cameras' slow noise, falls about as 1/f
    const weight = scale * Math.sqrt(f / fHz);
    return rows.map((row) => {
      let [re, im] = [0, 0];
      for (let i = 0; i < n; i++) {
        const turn = (2 * Math.PI * f * i) / fs;
        re += row[i]! * window[i]! * Math.cos(turn);
        im -= row[i]! * window[i]! * Math.sin(turn);
      }
      return [re * weight, im * weight] as const;
    });
  });
  const [noise, vector] = [vectors.slice(0, -1), vectors[vectors.length - 1]!];
  return { vector, noise, fHz, regular: regularOf(noise) };
}

function regularOf(noise: readonly Vector[]): Matrix {
  const covariance = [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) => {
      const products = noise.map((row) => times(row[i]!, conj(row[j]!)));
      return scaled(products.reduce(add, [0, 0]), 1 / noise.length);
    }),
  );
  const trace = covariance.reduce((total, row, i) => total + row[i]![0], 0);
  return covariance.map((row, i) =>
    row.map((v, j) => (i === j ? add(v, [1e-12 * trace, 0]) : v)),
  );
}

/** Return frequencies beside a rate at which there is no pulse, Hz, the nearest first. */
function besideOf(fHz: number, cellHz: number, fs: number): number[] {
  // quarters of a cell make distances of exactly the limits, which rounding must not decide
  const little = 1e-6 * cellHz;
  const clearHz = CLEAR_CELLS * cellHz - little;
  const spacingHz = SPACING_CELLS * cellHz - little;
  const low = Math.max(BESIDE_HZ[0], CLEAR_CELLS * cellHz);
  const count = Math.trunc(((MOST_BESIDE_HZ - low) * 4) / cellHz + 1e-6) + 1;
  const taken: number[] = [];
  for (let i = 0; i < count; i++) {
    const step = low + (cellHz / 4) * i;
    for (const at of [fHz - step, fHz + step]) {
      const apart = [1, 2, 3, 4, 5, 6, 7].map((k) => Math.abs(at - k * fHz));
      const usable = Math.min(...apart) >= clearHz && at >= SLOWEST_HZ - little;
      if (!usable || at >= 0.45 * fs - little) continue;
      if (taken.length >= FREQUENCIES && step > BESIDE_HZ[1] + little) return taken;
      if (taken.every((other) => Math.abs(at - other) >= spacingHz)) taken.push(at);
    }
  }
  return taken;
}

/** Return whether no colour follows from the others. */
function independent(rows: Colours): boolean {
  const product = (a: Float64Array, b: Float64Array): number =>
    a.reduce((total, v, i) => total + v * b[i]!, 0);
  const largest = Math.sqrt(Math.max(...rows.map((row) => product(row, row))));
  const basis: Float64Array[] = [];
  for (const row of rows) {
    let rest = row.slice();
    for (const before of basis) {
      const share = product(rest, before);
      rest = rest.map((v, i) => v - share * before[i]!);
    }
    const size = Math.sqrt(product(rest, rest));
    if (!(size > largest * row.length * Number.EPSILON)) return false;
    basis.push(rest.map((v) => v / size));
  }
  return true;
}

/**
 * Return how sure it is that the colours change at the rate, -10 log10 p (Hotelling's test for
 * complex samples: Giri, Annals of Mathematical Statistics 36, 1965). What lies along `without`
 * does not count, nor does the part `tolerance` of the whole change.
 */
export function significanceDb(
  { vector, noise, regular }: ColourLine,
  without: Vector | null = null,
  tolerance = 0,
): number {
  const n = noise.length;
  const whole = dot(vector, solve(regular, vector))[0];
  let power = whole;
  let free = 3;
  if (without !== null && without.some((v) => size2(v) > 0)) {
    const along = solve(regular, without);
    power -= size2(dot(along, vector)) / dot(without, along)[0];
    free = 2; // the same as the test of two mixes in which the direction cancels
  }
  const root = Math.sqrt(Math.max(power, 0)) - tolerance * Math.sqrt(Math.max(whole, 0));
  const ratio = ((Math.max(root, 0) ** 2 / n) * (n - free + 1)) / free;
  const p = beyondF(free, n - free + 1, ratio);
  return clip(-10 * Math.log10(Math.max(p, 1e-300)), 0, MOST_SURE_DB);
}

/** Return the probability beyond `ratio` of the F distribution with 2 a and 2 b degrees. */
function beyondF(a: number, b: number, ratio: number): number {
  const y = b / (b + a * ratio);
  let [term, total] = [1, 0];
  for (let j = 0; j < a; j++) {
    total += term;
    term *= ((b + j) / (j + 1)) * (1 - y);
  }
  return y ** b * total;
}

/** Return how sure it is that no pulse alone makes this change. */
export function beyondBloodDb(line: ColourLine): number {
  let [best, likest]: [number, Vector | null] = [-Infinity, null];
  for (const red of linspace(0, 0.9, 7)) {
    for (const blue of linspace(0, 1.1, 8)) {
      const colour = [red, 1, blue].map((v) => [v, 0] as const);
      const weighted = solve(line.regular, colour);
      const along = size2(dot(line.vector, weighted)) / dot(colour, weighted)[0];
      if (along > best) [best, likest] = [along, colour];
    }
  }
  return significanceDb(line, likest, BLOOD_TOLERANCE);
}

/** List the colours of a pulse, with delays between them that different depths of skin make. */
function bloodWithDelays(fHz: number): Vector[] {
  const late = (size: number, delayS: number) => {
    const phase = -2 * Math.PI * fHz * delayS;
    return [size * Math.cos(phase), size * Math.sin(phase)] as const;
  };
  const colours: Vector[] = [];
  for (const red of linspace(0, 0.9, 7)) {
    for (const blue of linspace(0, 1.1, 8)) {
      for (const redS of linspace(-0.05, 0.05, 5)) {
        for (const blueS of [-0.025, 0, 0.025]) {
          colours.push([late(red, redS), [1, 0], late(blue, blueS)]);
        }
      }
    }
  }
  return colours;
}

/** Return how much of the change surely is none of a pulse's, 0 to 1. */
export function besideBlood({ vector, noise, fHz }: ColourLine): number {
  let [most, rest]: [number, Vector] = [-1, vector];
  for (const colour of bloodWithDelays(fHz)) {
    const power = dot(colour, colour)[0];
    const strength = scaled(dot(colour, vector), 1 / power);
    const along = size2(strength) * power;
    if (along <= most) continue;
    most = along;
    rest = vector.map((v, i) => add(v, scaled(times(strength, colour[i]!), -1)));
  }
  const left = Math.sqrt(dot(rest, rest)[0]);
  if (left === 0) return 0;
  const power = noise.reduce((total, row) => total + size2(dot(rest, row)), 0) / noise.length;
  const surely = Math.max(left - (SURE_DEVIATIONS * Math.sqrt(power)) / left, 0);
  return surely / Math.sqrt(dot(vector, vector)[0]);
}

/** Return the weights of R, G and B in the mix in which the change stands out most. */
export function mixWeights({ vector, regular }: ColourLine): Vector {
  const green = vector[1]!;
  const size = Math.hypot(...green);
  const turn = size > 0 ? scaled(conj(green), 1 / size) : ([1, 0] as const);
  return solve(
    regular,
    vector.map((v) => times(v, turn)),
  );
}

/** Return the largest part of vectors that one direction has, in units of the noise. */
export function alike(face: ColourLine, lines: readonly ColourLine[]): number {
  // L⁻¹ V Vᴴ L⁻ᴴ has the eigenvalues of V Vᴴ times the inverse of the covariance
  const columns = lines.map((line) => line.vector);
  const powers = hermitian(face.regular, columns);
  return powers.largest / Math.max(powers.sum, 1e-30);
}
