/** Complex numbers, vectors of three of them, and linear equations. */

import type { Number2 } from "./lines.js";

export type Vector = readonly Number2[];
export type Matrix = readonly (readonly Number2[])[];

export function add([a, b]: Number2, [c, d]: Number2): Number2 {
  return [a + c, b + d];
}

export function times([a, b]: Number2, [c, d]: Number2): Number2 {
  return [a * c - b * d, a * d + b * c];
}

export function conj([a, b]: Number2): Number2 {
  return [a, -b];
}

export function scaled([a, b]: Number2, by: number): Number2 {
  return [a * by, b * by];
}

/** Return the squared size of a number. */
export function size2([a, b]: Number2): number {
  return a * a + b * b;
}

function over(a: Number2, b: Number2): Number2 {
  return scaled(times(a, conj(b)), 1 / size2(b));
}

/** Return the inner product of two vectors, the first one conjugated. */
export function dot(a: Vector, b: Vector): Number2 {
  return a.reduce<Number2>((total, v, i) => add(total, times(conj(v), b[i]!)), [0, 0]);
}

/** Solve linear equations by elimination. */
export function solve(matrix: Matrix, right: Vector): Number2[] {
  const n = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) {
      if (size2(rows[i]![k]!) > size2(rows[pivot]![k]!)) pivot = i;
    }
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const share = scaled(over(rows[i]![k]!, rows[k]![k]!), -1);
      for (let j = k; j <= n; j++) rows[i]![j] = add(rows[i]![j]!, times(share, rows[k]![j]!));
    }
  }
  return rows.map((row, k) => over(row[n]!, row[k]!));
}

/**
 * Return the largest and the sum of the eigenvalues of `L⁻¹ V Vᴴ L⁻ᴴ`, where `L Lᴴ` is a
 * positive definite matrix of three rows and V has these columns.
 */
export function hermitian(
  positive: Matrix,
  columns: readonly Vector[],
): { largest: number; sum: number } {
  const root = cholesky(positive);
  const white = columns.map((column) => solve(root, column));
  const a = [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) =>
      white.reduce<Number2>((total, v) => add(total, times(v[i]!, conj(v[j]!))), [0, 0]),
    ),
  );
  const sum = a[0]![0]![0] + a[1]![1]![0] + a[2]![2]![0];
  return { largest: largestOfThree(a, sum / 3), sum };
}

/** Return the largest eigenvalue of a Hermitian matrix of three rows (Smith, CACM 4, 1961). */
function largestOfThree(a: Matrix, middle: number): number {
  const b = a.map((row, i) => row.map((v, j) => (i === j ? add(v, [-middle, 0]) : v)));
  const spread = Math.sqrt(b.flat().reduce((total, v) => total + size2(v), 0) / 6);
  if (spread === 0) return middle;
  const [x, y, z] = [b[0]!, b[1]!, b[2]!];
  const minor = (i: number, j: number): Number2 =>
    add(times(y[i]!, z[j]!), scaled(times(y[j]!, z[i]!), -1));
  const terms = [times(x[0]!, minor(1, 2)), times(x[1]!, minor(2, 0)), times(x[2]!, minor(0, 1))];
  const half = terms.reduce((total, v) => total + v[0], 0) / (2 * spread ** 3);
  return middle + 2 * spread * Math.cos(Math.acos(Math.min(Math.max(half, -1), 1)) / 3);
}

function cholesky(matrix: Matrix): Number2[][] {
  const n = matrix.length;
  const root: Number2[][] = matrix.map((row) => row.map(() => [0, 0]));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i]![j]!;
      for (let k = 0; k < j; k++) {
        rest = add(rest, scaled(times(root[i]![k]!, conj(root[j]![k]!)), -1));
      }
      root[i]![j] = i === j ? [Math.sqrt(rest[0]), 0] : scaled(rest, 1 / root[j]![j]![0]);
    }
  }
  return root;
}
