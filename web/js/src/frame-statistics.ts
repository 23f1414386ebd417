/**
 * Statistics of a frame on colour, exposure and motion (`sspd.face.frame_stats`): what quality
 * features and rejection reasons are made of.
 */

import { roundHalfEven } from "./arrays.js";
import { type Box, cut, type RgbImage, resizeArea, type Rgb, whole } from "./images.js";
import { hann } from "./spectrum.js";

/** Statistics of one frame, pixel values 0-255. */
export interface FrameRow {
  readonly faceRgb: Rgb;
  /** NaN if head, hair and shoulders fill the frame. */
  readonly backgroundRgb: Rgb;
  /** Upper left, upper right, lower left and lower right of the middle of the face. */
  readonly quartersRgb: readonly Rgb[];
  readonly overexposed: number;
  readonly dark: number;
  /** Mean absolute change of the grey face from the frame before. */
  readonly motion: number;
  /** Motion to the right and down in widths of the box, and relative growth. */
  readonly moved: Rgb;
  /** Small grey face image, for the motion to the next frame. */
  readonly grey: Float64Array;
}

const BRIGHT_VALUE = 250;
const DARK_VALUE = 30;
/** Outlines of a person: above, below the box in its heights; head, shoulders in its widths. */
const OUTLINES = [
  [0.5, 0, 0.7, 1.3],
  [0.15, 0.15, 0.65, 0],
] as const;
const MIN_BACKGROUND = 0.1;
const ROWS = 540;
const EXPOSURE_SIDE = 128;
const MOTION_SIDE = 16;
/** Regularization of motion toward none. */
const RIDGE = 50;

/** Compute the statistics of one frame; `face` is its crop, resized; `before` that of the last. */
export function measureFrame(
  frame: RgbImage,
  box: Box,
  face: RgbImage,
  before: FrameRow | null,
): FrameRow {
  const small = resizeArea(face, MOTION_SIDE, MOTION_SIDE);
  const grey = Float64Array.from({ length: MOTION_SIDE ** 2 }, (_, i) => {
    const [r, g, b] = [small.data[3 * i]!, small.data[3 * i + 1]!, small.data[3 * i + 2]!];
    return 0.299 * r + 0.587 * g + 0.114 * b;
  });
  let motion = 0;
  if (before !== null) grey.forEach((v, i) => (motion += Math.abs(v - before.grey[i]!)));
  const rows = [Math.floor(face.height / 4), Math.floor(face.width / 4)] as const;
  const middle = cut(face, {
    left: rows[1],
    top: rows[0],
    right: Math.max(face.width - rows[1], 1),
    bottom: Math.max(face.height - rows[0], 1),
  });
  const quarters = resizeArea(middle, 2, 2);
  return {
    faceRgb: meanRgb([whole(face)], face),
    backgroundRgb: background(frame, box),
    quartersRgb: [0, 1, 2, 3].map((k) => colourAt(quarters, k)),
    ...exposure(frame, box),
    motion: motion / grey.length,
    moved: before === null ? [0, 0, 0] : displacement(grey, before.grey),
    grey,
  };
}

function colourAt({ data, channels }: RgbImage, k: number): Rgb {
  return [data[channels * k]!, data[channels * k + 1]!, data[channels * k + 2]!];
}

/** Return the mean colour of boxes, of every `step`-th row. */
function meanRgb(boxes: readonly Box[], image: RgbImage, step = 1): Rgb {
  const { data, channels, width } = image;
  let [red, green, blue, n] = [0, 0, 0, 0];
  for (const { left, top, right, bottom } of boxes) {
    for (let y = top; y < bottom; y++) {
      const end = channels * (y * step * width + right);
      for (let at = channels * (y * step * width + left); at < end; at += channels) {
        red += data[at]!;
        green += data[at + 1]!;
        blue += data[at + 2]!;
      }
    }
    n += (right - left) * (bottom - top);
  }
  return [red / n, green / n, blue / n];
}

function exposure(frame: RgbImage, box: Box): { overexposed: number; dark: number } {
  const [wide, high] = [box.right - box.left, box.bottom - box.top];
  const step = Math.max(1, Math.floor(Math.min(wide, high) / EXPOSURE_SIDE));
  const [width, height] = [Math.floor(wide / step), Math.floor(high / step)];
  const { data, channels } = frame;
  let [bright, dark] = [0, 0];
  for (let y = 0; y < height; y++) {
    const first = (box.top + y * step) * frame.width + box.left;
    for (let x = 0; x < width; x++) {
      const at = channels * (first + x * step);
      const most = Math.max(data[at]!, data[at + 1]!, data[at + 2]!);
      if (most >= BRIGHT_VALUE) bright++;
      if (most <= DARK_VALUE) dark++;
    }
  }
  return { overexposed: bright / (width * height), dark: dark / (width * height) };
}

/** Return the mean colour outside of a person's outline. */
function background(frame: RgbImage, box: Box): Rgb {
  const step = Math.max(1, Math.floor(frame.height / ROWS));
  const height = Math.ceil(frame.height / step);
  for (const outline of OUTLINES) {
    const parts = outside(frame.width, height, box, step, outline);
    const n = parts.reduce((all, p) => all + (p.right - p.left) * (p.bottom - p.top), 0);
    if (n >= MIN_BACKGROUND * height * frame.width) return meanRgb(parts, frame, step);
  }
  return [NaN, NaN, NaN];
}

function outside(
  width: number,
  height: number,
  box: Box,
  step: number,
  [above, below, head, shoulders]: readonly [number, number, number, number],
): Box[] {
  const [wide, high] = [box.right - box.left, box.bottom - box.top];
  const row = (y: number): number =>
    Math.min(Math.ceil(Math.max(0, roundHalfEven(y)) / step), height);
  const [top, bottom] = [row(box.top - above * high), row(box.bottom + below * high)];
  const middle = (box.left + box.right) / 2;
  const parts: Box[] = [{ left: 0, top: 0, right: width, bottom: top }];
  for (const [first, end, share] of [
    [top, bottom, head],
    [bottom, height, shoulders],
  ] as const) {
    const left = Math.min(Math.max(0, roundHalfEven(middle - share * wide)), width);
    const right = Math.min(Math.max(0, roundHalfEven(middle + share * wide)), width);
    parts.push({ left: 0, top: first, right: left, bottom: end });
    parts.push({ left: right, top: first, right: width, bottom: end });
  }
  return parts.filter((p) => p.right > p.left && p.bottom > p.top);
}

/**
 * Estimate the motion and growth of a face, with gain and offset of the light, by first-order
 * least squares (Lucas and Kanade, IJCAI 1981).
 */
export function displacement(grey: Float64Array, before: Float64Array): Rgb {
  const side = Math.round(Math.sqrt(grey.length));
  const middle = grey.map((v, i) => (v + before[i]!) / 2);
  const window = hann(side);
  const products = Array.from({ length: 5 }, () => new Float64Array(6));
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const i = row * side + column;
      const inX = column > 0 && column < side - 1;
      const inY = row > 0 && row < side - 1;
      const right = inX ? (middle[i + 1]! - middle[i - 1]!) / 2 : 0;
      const down = inY ? (middle[i + side]! - middle[i - side]!) / 2 : 0;
      const [x, y] = [column - (side - 1) / 2, row - (side - 1) / 2];
      const terms = [-right, -down, -(x * right + y * down), middle[i]!, 1];
      const weight = window[row]! * window[column]!;
      const change = grey[i]! - before[i]!;
      products.forEach((own, a) => {
        for (let b = 0; b < 5; b++) own[b] = own[b]! + weight * terms[a]! * terms[b]!;
        own[5] = own[5]! + weight * terms[a]! * change;
      });
    }
  }
  [1, 1, side ** 2 / 6].forEach((v, k) => (products[k]![k] = products[k]![k]! + RIDGE * v));
  const found = solve(products);
  if (found === null) return [0, 0, 0];
  const moved = [found[0]! / side, found[1]! / side, found[2]!];
  return moved.map((v) => (Math.abs(v) < 1 ? v : 0)) as unknown as Rgb;
}

/** Solve linear equations, the right side in the last column; null if they are singular. */
function solve(rows: readonly Float64Array[]): Float64Array | null {
  const n = rows.length;
  const own = rows.map((row) => row.slice());
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(own[i]![k]!) > Math.abs(own[pivot]![k]!)) pivot = i;
    [own[k], own[pivot]] = [own[pivot]!, own[k]!];
    if (own[k]![k] === 0) return null;
    for (let i = 0; i < n; i++) {
      const share = i === k ? 0 : own[i]![k]! / own[k]![k]!;
      for (let j = k; j <= n; j++) own[i]![j] = own[i]![j]! - share * own[k]![j]!;
    }
  }
  return Float64Array.from(own, (row, k) => row[n]! / row[k]!);
}
