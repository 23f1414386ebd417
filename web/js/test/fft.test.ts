import assert from "node:assert/strict";
import { test } from "node:test";

import { envelope, fft, ifft, nextFastLength, rfft } from "../src/fft.js";

/** Numbers between -1 and 1, the same each time (a linear congruential generator). */
function numbers(n: number, seed: number): Float64Array {
  let x = seed;
  return Float64Array.from({ length: n }, () => {
    x = (x * 1103515245 + 12345) % 2147483648;
    return x / 1073741824 - 1;
  });
}

for (const n of [1, 2, 3, 4, 5, 7, 8, 12, 13, 30, 31, 37, 60, 74, 97, 128, 225, 338, 1369]) {
  test(`a transform of ${n} numbers is the sum of its definition, and comes back`, () => {
    const [re, im] = [numbers(n, 1), numbers(n, 2)];
    const found = fft({ re, im });
    for (let k = 0; k < n; k += 1 + (n >> 4)) {
      let [a, b] = [0, 0];
      for (let i = 0; i < n; i++) {
        const angle = (-2 * Math.PI * ((i * k) % n)) / n;
        a += re[i]! * Math.cos(angle) - im[i]! * Math.sin(angle);
        b += re[i]! * Math.sin(angle) + im[i]! * Math.cos(angle);
      }
      assert.ok(Math.hypot(found.re[k]! - a, found.im[k]! - b) < 1e-9, `bin ${k}`);
    }
    const back = ifft(found);
    back.re.forEach((v, i) => assert.ok(Math.abs(v - re[i]!) < 1e-12));
  });

  test(`a transform of ${n} real numbers is half of a complex one`, () => {
    const re = numbers(n, 3);
    const [half, all] = [rfft(re, n), fft({ re, im: new Float64Array(n) })];
    assert.equal(half.re.length, (n >> 1) + 1);
    half.re.forEach((v, k) => {
      assert.ok(Math.hypot(v - all.re[k]!, half.im[k]! - all.im[k]!) < 1e-10);
    });
  });
}

test("zeros are added, and what is too long is cut", () => {
  const found = rfft([1, 2, 3], 8);
  const same = rfft([1, 2, 3, 0, 0, 0, 0, 0, 9], 8);
  assert.deepEqual(found, same);
  assert.equal(found.re[0], 6);
});

test("a fast length has no prime factor above 5", () => {
  assert.deepEqual([1, 7, 13, 17, 121, 3599, 3601].map(nextFastLength), [
    1, 8, 15, 18, 125, 3600, 3645,
  ]);
});

test("the envelope of a sine is its amplitude", () => {
  for (const n of [400, 401]) {
    const wave = Float64Array.from({ length: n }, (_, i) => 2 * Math.sin((2 * Math.PI * 20 * i) / n));
    envelope(wave).forEach((v) => assert.ok(Math.abs(v - 2) < 1e-9));
  }
});
