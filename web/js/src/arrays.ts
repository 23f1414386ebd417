/** Small functions on rows of numbers, with the conventions of NumPy. */

/** Return the sum. */
export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

/** Return the mean; NaN of nothing. */
export function mean(values: ArrayLike<number>): number {
  return sum(values) / values.length;
}

/** Return the standard deviation; `ddof` is subtracted from the number of values. */
export function deviation(values: ArrayLike<number>, ddof = 0): number {
  const middle = mean(values);
  let total = 0;
  for (let i = 0; i < values.length; i++) total += (values[i]! - middle) ** 2;
  return Math.sqrt(total / (values.length - ddof));
}

/** Return the median: of an even number of values, the mean of the middle two. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Return the index of the first highest value. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** Return a value between two bounds. */
export function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** Round to the nearest integer, halves to the even one. */
export function roundHalfEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}

/** Return the differences of neighbours. */
export function differences(values: ArrayLike<number>): Float64Array {
  const out = new Float64Array(Math.max(0, values.length - 1));
  for (let i = 0; i < out.length; i++) out[i] = values[i + 1]! - values[i]!;
  return out;
}

/** Return `low`, `low + step`, ... below `high`, to the last bit as NumPy does. */
export function steps(low: number, high: number, step: number): Float64Array {
  const n = Math.max(0, Math.ceil((high - low) / step));
  const rounded = low + step - low; // where a sum meets a bound, the last bit decides
  return Float64Array.from({ length: n }, (_, i) => low + i * rounded);
}

/** Return `n` evenly spaced values from `low` to `high`, both included. */
export function linspace(low: number, high: number, n: number): Float64Array {
  const step = (high - low) / (n - 1);
  const out = Float64Array.from({ length: n }, (_, i) => low + i * step);
  if (n > 1) out[n - 1] = high;
  return out;
}

/** Return the values where `keep` is true. */
export function where(values: ArrayLike<number>, keep: (index: number) => boolean): Float64Array {
  return Float64Array.from(Array.from(values).filter((_, i) => keep(i)));
}

/** Join rows. */
export function concat(...rows: readonly ArrayLike<number>[]): Float64Array {
  const out = new Float64Array(rows.reduce((n, row) => n + row.length, 0));
  let at = 0;
  for (const row of rows) {
    out.set(row, at);
    at += row.length;
  }
  return out;
}

/** Return the number of sorted values that are not above `x` (NumPy's `side="right"`). */
export function searchRight(sorted: ArrayLike<number>, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Interpolate linearly between points of ascending `xp`.
 *
 * Before the first and after the last point the values are those of the ends; `right` replaces
 * the latter.
 */
export function interpolate(
  x: ArrayLike<number>,
  xp: ArrayLike<number>,
  fp: ArrayLike<number>,
  right?: number,
): Float64Array {
  const last = xp.length - 1;
  const out = new Float64Array(x.length);
  for (let k = 0; k < x.length; k++) {
    const at = x[k]!;
    if (at > xp[last]!) out[k] = right ?? fp[last]!;
    else if (at <= xp[0]!) out[k] = fp[0]!;
    else {
      const i = Math.min(searchRight(xp, at) - 1, last - 1);
      const slope = (fp[i + 1]! - fp[i]!) / (xp[i + 1]! - xp[i]!);
      out[k] = at === xp[i + 1] ? fp[i + 1]! : slope * (at - xp[i]!) + fp[i]!;
    }
  }
  return out;
}

/** Subtract the straight line of least squares. */
export function withoutLine(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  const middle = mean(values);
  const centre = (n - 1) / 2;
  let rise = 0;
  let spread = 0;
  for (let i = 0; i < n; i++) {
    rise += (i - centre) * (values[i]! - middle);
    spread += (i - centre) ** 2;
  }
  const slope = spread > 0 ? rise / spread : 0;
  return Float64Array.from({ length: n }, (_, i) => values[i]! - middle - slope * (i - centre));
}

/** Raise an error for a waveform that cannot be read. */
export function checked(values: ArrayLike<number>, fs: number, atLeast = 2): Float64Array {
  if (!(fs > 0)) throw new RangeError(`the rate must be positive, got ${fs} Hz`);
  if (values.length < atLeast) {
    throw new RangeError(
      `a waveform of ${values.length} samples is too short: at least ${atLeast} are needed`,
    );
  }
  const out = Float64Array.from(values);
  if (!out.every(Number.isFinite)) {
    throw new RangeError("the waveform holds NaN or infinity: cut it at its gaps first");
  }
  return out;
}
