/**
 * Fourier transforms of any length.
 *
 * Mixed radix (Cooley and Tukey, "An algorithm for the machine calculation of complex Fourier
 * series", Mathematics of Computation 19, 1965); a length with a large prime factor goes through
 * a convolution of a length without one (L. I. Bluestein, "A linear filtering approach to the
 * computation of the discrete Fourier transform", IEEE Transactions on Audio and
 * Electroacoustics 18, 1970).
 */

/** Complex numbers, real and imaginary parts apart. */
export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Prime factors up to this are transformed directly. */
const LARGEST_RADIX = 31;

/** Return the Fourier transform of complex numbers. */
export function fft(input: Complex): Complex {
  const plan = planOf(input.re.length);
  return plan === null ? bluestein(input) : stockham(input, plan);
}

/** Return the inverse Fourier transform. */
export function ifft(input: Complex): Complex {
  const n = input.re.length;
  const { re, im } = fft({ re: input.im, im: input.re });
  return { re: im.map((v) => v / n), im: re.map((v) => v / n) };
}

/** Return the transform of real numbers, padded with zeros to `n`: bins 0 to `n / 2`. */
export function rfft(values: ArrayLike<number>, n: number): Complex {
  const bins = (n >> 1) + 1;
  const plan = n % 2 ? null : planOf(n >> 1);
  if (plan === null) {
    const all = fft({ re: padded(values, n), im: new Float64Array(n) });
    return { re: all.re.slice(0, bins), im: all.im.slice(0, bins) };
  }
  const half = n >> 1;
  const { cos, sin } = circle(n, bins);
  // even samples as real parts, odd ones as imaginary parts, taken apart afterwards
  const [even, odd] = [new Float64Array(half), new Float64Array(half)];
  const size = Math.min(values.length, n);
  for (let i = 0; i < size; i++) (i & 1 ? odd : even)[i >> 1] = values[i]!;
  const z = stockham({ re: even, im: odd }, plan);
  const [re, im] = [new Float64Array(bins), new Float64Array(bins)];
  for (let k = 0; k < bins; k++) {
    const i = k % half;
    const j = (half - k) % half;
    const c = (z.im[i]! + z.im[j]!) / 2;
    const d = (z.re[j]! - z.re[i]!) / 2;
    re[k] = (z.re[i]! + z.re[j]!) / 2 + c * cos[k]! - d * sin[k]!;
    im[k] = (z.im[i]! - z.im[j]!) / 2 + c * sin[k]! + d * cos[k]!;
  }
  return { re, im };
}

function padded(values: ArrayLike<number>, n: number): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < Math.min(n, values.length); i++) out[i] = values[i]!;
  return out;
}

/** Return the smallest number of at least `least` without a prime factor above 5. */
export function nextFastLength(least: number): number {
  for (let n = Math.max(1, least); ; n++) {
    let rest = n;
    for (const prime of [2, 3, 5]) while (rest % prime === 0) rest /= prime;
    if (rest === 1) return n;
  }
}

/** Return the envelope of a waveform: the size of its analytic signal. */
export function envelope(values: Float64Array): Float64Array {
  const n = values.length;
  const { re, im } = fft({ re: values, im: new Float64Array(n) });
  const half = n >> 1;
  for (let k = 1; k < n; k++) {
    const gain = k < n / 2 ? 2 : n % 2 === 0 && k === half ? 1 : 0;
    re[k] = re[k]! * gain;
    im[k] = im[k]! * gain;
  }
  const back = ifft({ re, im });
  return back.re.map((v, i) => Math.hypot(v, back.im[i]!));
}

/** What transforms of one length share. */
interface Plan {
  readonly radices: readonly number[];
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** Return the plan of a length; null if it has a large prime factor. */
function planOf(n: number): Plan | null {
  const radices: number[] = [];
  let rest = n;
  for (const radix of [4, 2, 3, 5]) {
    for (; rest % radix === 0 && rest > 1; rest /= radix) radices.push(radix);
  }
  for (let prime = 7; rest > 1; prime += 2) {
    if (prime > LARGEST_RADIX) return null;
    for (; rest % prime === 0; rest /= prime) radices.push(prime);
  }
  return { radices, ...circle(n, n) };
}

/** Return cosine and minus sine of the first `count` of `n` steps around a circle. */
function circle(n: number, count: number): { cos: Float64Array; sin: Float64Array } {
  const cos = new Float64Array(count);
  const sin = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    cos[k] = Math.cos((2 * Math.PI * k) / n);
    sin[k] = -Math.sin((2 * Math.PI * k) / n);
  }
  return { cos, sin };
}

/**
 * Transform by the plan, from one pair of rows to another and back, so that the order sorts
 * itself (T. G. Stockham, "High-speed convolution and correlation", AFIPS 1966).
 */
function stockham(input: Complex, { radices, cos, sin }: Plan): Complex {
  const n = input.re.length;
  let from = { re: input.re.slice(), im: input.im.slice() };
  let to = { re: new Float64Array(n), im: new Float64Array(n) };
  let stride = 1;
  for (const radix of radices) {
    const part = n / stride / radix;
    for (let q = 0; q < part; q++) {
      const begin = stride * q;
      const end = stride * radix * q;
      if (radix === 2) pairs(from, to, begin, stride * part, end, stride);
      else if (radix === 4) fours(from, to, begin, stride * part, end, stride);
      else groups(from, to, begin, stride * part, end, stride, radix, cos, sin);
      for (let i = 1; q > 0 && i < radix; i++) {
        const c = cos[q * i * stride]!;
        const s = sin[q * i * stride]!;
        const { re, im } = to;
        for (let k = end + i * stride; k < end + (i + 1) * stride; k++) {
          const a = re[k]!;
          re[k] = a * c - im[k]! * s;
          im[k] = a * s + im[k]! * c;
        }
      }
    }
    [from, to] = [to, from];
    stride *= radix;
  }
  return from;
}

function pairs(x: Complex, y: Complex, at: number, apart: number, to: number, n: number): void {
  for (let k = 0; k < n; k++) {
    const i = at + k;
    const j = i + apart;
    y.re[to + k] = x.re[i]! + x.re[j]!;
    y.im[to + k] = x.im[i]! + x.im[j]!;
    y.re[to + n + k] = x.re[i]! - x.re[j]!;
    y.im[to + n + k] = x.im[i]! - x.im[j]!;
  }
}

function fours(x: Complex, y: Complex, at: number, apart: number, to: number, n: number): void {
  const { re, im } = x;
  for (let k = 0; k < n; k++) {
    const i = at + k;
    const a = re[i]! + re[i + 2 * apart]!;
    const b = im[i]! + im[i + 2 * apart]!;
    const c = re[i]! - re[i + 2 * apart]!;
    const d = im[i]! - im[i + 2 * apart]!;
    const e = re[i + apart]! + re[i + 3 * apart]!;
    const f = im[i + apart]! + im[i + 3 * apart]!;
    const g = re[i + apart]! - re[i + 3 * apart]!;
    const h = im[i + apart]! - im[i + 3 * apart]!;
    y.re[to + k] = a + e;
    y.im[to + k] = b + f;
    y.re[to + n + k] = c + h;
    y.im[to + n + k] = d - g;
    y.re[to + 2 * n + k] = a - e;
    y.im[to + 2 * n + k] = b - f;
    y.re[to + 3 * n + k] = c - h;
    y.im[to + 3 * n + k] = d + g;
  }
}

function groups(
  x: Complex,
  y: Complex,
  at: number,
  apart: number,
  to: number,
  n: number,
  radix: number,
  cos: Float64Array,
  sin: Float64Array,
): void {
  const turn = cos.length / radix;
  for (let i = 0; i < radix; i++) {
    const own = to + i * n;
    y.re.fill(0, own, own + n);
    y.im.fill(0, own, own + n);
    for (let j = 0; j < radix; j++) {
      const w = ((i * j) % radix) * turn;
      const c = cos[w]!;
      const s = sin[w]!;
      const begin = at + j * apart;
      for (let k = 0; k < n; k++) {
        const a = x.re[begin + k]!;
        const b = x.im[begin + k]!;
        y.re[own + k] = y.re[own + k]! + a * c - b * s;
        y.im[own + k] = y.im[own + k]! + a * s + b * c;
      }
    }
  }
}

function bluestein(input: Complex): Complex {
  const n = input.re.length;
  const m = nextFastLength(2 * n - 1);
  const cos = new Float64Array(n);
  const sin = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    // k² modulo 2n, so that the angle stays exact
    const angle = (Math.PI * Number((BigInt(k) * BigInt(k)) % BigInt(2 * n))) / n;
    cos[k] = Math.cos(angle);
    sin[k] = -Math.sin(angle);
  }
  const a = { re: new Float64Array(m), im: new Float64Array(m) };
  const b = { re: new Float64Array(m), im: new Float64Array(m) };
  for (let k = 0; k < n; k++) {
    a.re[k] = input.re[k]! * cos[k]! - input.im[k]! * sin[k]!;
    a.im[k] = input.re[k]! * sin[k]! + input.im[k]! * cos[k]!;
    b.re[k] = cos[k]!;
    b.im[k] = -sin[k]!;
    if (k > 0) {
      b.re[m - k] = cos[k]!;
      b.im[m - k] = -sin[k]!;
    }
  }
  const [fa, fb] = [fft(a), fft(b)];
  const both = { re: new Float64Array(m), im: new Float64Array(m) };
  for (let k = 0; k < m; k++) {
    both.re[k] = fa.re[k]! * fb.re[k]! - fa.im[k]! * fb.im[k]!;
    both.im[k] = fa.re[k]! * fb.im[k]! + fa.im[k]! * fb.re[k]!;
  }
  const { re, im } = ifft(both);
  const out = { re: new Float64Array(n), im: new Float64Array(n) };
  for (let k = 0; k < n; k++) {
    out.re[k] = re[k]! * cos[k]! - im[k]! * sin[k]!;
    out.im[k] = re[k]! * sin[k]! + im[k]! * cos[k]!;
  }
  return out;
}
