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
  const n = input.re.length;
  if (n < 2) return { re: input.re.slice(), im: input.im.slice() };
  const factors = primeFactors(n);
  if (factors[factors.length - 1]! > LARGEST_RADIX) return bluestein(input);
  const out = { re: new Float64Array(n), im: new Float64Array(n) };
  const { cos, sin } = circle(n);
  mixed(input, 0, 1, out, 0, n, factors, 0, cos, sin);
  return out;
}

/** Return the inverse Fourier transform. */
export function ifft(input: Complex): Complex {
  const n = input.re.length;
  const { re, im } = fft({ re: input.im, im: input.re });
  return { re: im.map((v) => v / n), im: re.map((v) => v / n) };
}

/** Return the transform of real numbers, padded with zeros to `n`: bins 0 to `n / 2`. */
export function rfft(values: ArrayLike<number>, n: number): Complex {
  const re = new Float64Array(n);
  for (let i = 0; i < Math.min(n, values.length); i++) re[i] = values[i]!;
  const all = fft({ re, im: new Float64Array(n) });
  const bins = (n >> 1) + 1;
  return { re: all.re.slice(0, bins), im: all.im.slice(0, bins) };
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

function primeFactors(n: number): number[] {
  const found: number[] = [];
  for (let prime = 2; prime * prime <= n; prime++) {
    while (n % prime === 0) {
      found.push(prime);
      n /= prime;
    }
  }
  if (n > 1) found.push(n);
  return found.sort((a, b) => a - b);
}

function circle(n: number): { cos: Float64Array; sin: Float64Array } {
  const cos = new Float64Array(n);
  const sin = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    cos[k] = Math.cos((2 * Math.PI * k) / n);
    sin[k] = -Math.sin((2 * Math.PI * k) / n);
  }
  return { cos, sin };
}

/** Transform `n` values of `x` from `from` in steps of `stride` into `out` from `at` on. */
function mixed(
  x: Complex,
  from: number,
  stride: number,
  out: Complex,
  at: number,
  n: number,
  factors: readonly number[],
  depth: number,
  cos: Float64Array,
  sin: Float64Array,
): void {
  if (n === 1) {
    out.re[at] = x.re[from]!;
    out.im[at] = x.im[from]!;
    return;
  }
  const radix = factors[depth]!;
  const part = n / radix;
  for (let r = 0; r < radix; r++) {
    const begin = from + r * stride;
    mixed(x, begin, stride * radix, out, at + r * part, part, factors, depth + 1, cos, sin);
  }
  const turn = cos.length / n;
  const re = new Float64Array(radix);
  const im = new Float64Array(radix);
  for (let k = 0; k < part; k++) {
    for (let r = 0; r < radix; r++) {
      const i = at + r * part + k;
      const w = r * k * turn;
      re[r] = out.re[i]! * cos[w]! - out.im[i]! * sin[w]!;
      im[r] = out.re[i]! * sin[w]! + out.im[i]! * cos[w]!;
    }
    for (let q = 0; q < radix; q++) {
      let a = 0;
      let b = 0;
      for (let r = 0; r < radix; r++) {
        const w = ((q * r) % radix) * part * turn;
        a += re[r]! * cos[w]! - im[r]! * sin[w]!;
        b += re[r]! * sin[w]! + im[r]! * cos[w]!;
      }
      out.re[at + q * part + k] = a;
      out.im[at + q * part + k] = b;
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
