/** Images, boxes in them, and their resizing (`sspd.face.crop`). */

/** Pixels row by row; 3 channels, or 4 as a canvas gives them, of which the last is not used. */
export interface RgbImage {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
}

/** Rectangle in pixels; `right` and `bottom` are exclusive. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export type Rgb = readonly [number, number, number];

/** Places of a longer row, and their weights, of which each place of a shorter one is made. */
interface Weights {
  readonly first: Int32Array;
  readonly end: Int32Array;
  readonly values: readonly Float64Array[];
}

/** Return the box of a whole image. */
export function whole({ width, height }: RgbImage): Box {
  return { left: 0, top: 0, right: width, bottom: height };
}

/** Cut a box out of an image. */
export function cut(image: RgbImage, { left, top, right, bottom }: Box): RgbImage {
  const [width, height] = [right - left, bottom - top];
  const data = new Float64Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = image.channels * ((top + y) * image.width + left + x);
      for (let c = 0; c < 3; c++) data[3 * (y * width + x) + c] = image.data[from + c]!;
    }
  }
  return { data, width, height, channels: 3 };
}

/** Resize a box of an image by averaging areas: each pixel counts once. */
export function resizeArea(
  image: RgbImage,
  width: number,
  height: number,
  box: Box = whole(image),
): RgbImage {
  const columns = areaWeights(box.right - box.left, width);
  const rows = areaWeights(box.bottom - box.top, height);
  return resized(image, box, columns, rows);
}

/** Cut out a face as a square: smaller by averaging areas, larger by linear interpolation. */
export function cropFace(image: RgbImage, box: Box, size: number): RgbImage {
  const [wide, high] = [box.right - box.left, box.bottom - box.top];
  if (Math.min(wide, high) >= size) return resizeArea(image, size, size, box);
  return resized(image, box, linearWeights(wide, size), linearWeights(high, size));
}

/** Return the places of `from` pixels that each of `to` pixels averages. */
function areaWeights(from: number, to: number): Weights {
  const [first, end] = [new Int32Array(to), new Int32Array(to)];
  const scale = from / to;
  const values = Array.from({ length: to }, (_, k) => {
    const [low, high] = [k * scale, Math.min((k + 1) * scale, from)];
    first[k] = Math.floor(low + 1e-9);
    end[k] = Math.ceil(high - 1e-9);
    return Float64Array.from({ length: end[k]! - first[k]! }, (_, j) => {
      const at = first[k]! + j;
      return (Math.min(at + 1, high) - Math.max(at, low)) / (high - low);
    });
  });
  return { first, end, values };
}

/** Return the two places between which each of `to` pixels lies; their middles are compared. */
function linearWeights(from: number, to: number): Weights {
  const [first, end] = [new Int32Array(to), new Int32Array(to)];
  const values = Array.from({ length: to }, (_, k) => {
    const at = Math.min(Math.max(((k + 0.5) * from) / to - 0.5, 0), from - 1);
    first[k] = Math.min(Math.floor(at), Math.max(0, from - 2));
    end[k] = Math.min(first[k]! + 2, from);
    const share = at - first[k]!;
    return Float64Array.of(1 - share, share).subarray(0, end[k]! - first[k]!);
  });
  return { first, end, values };
}

function resized(image: RgbImage, box: Box, columns: Weights, rows: Weights): RgbImage {
  const [width, height] = [columns.first.length, rows.first.length];
  const data = new Float64Array(3 * width * height);
  const line = new Float64Array(3 * width);
  let of = -1;
  for (let y = 0; y < height; y++) {
    for (let j = rows.first[y]!; j < rows.end[y]!; j++) {
      if (j !== of) reduceRow(image, box, j, columns, line);
      of = j;
      const weight = rows.values[y]![j - rows.first[y]!]!;
      for (let i = 0; i < line.length; i++) {
        data[3 * width * y + i] = data[3 * width * y + i]! + weight * line[i]!;
      }
    }
  }
  return { data, width, height, channels: 3 };
}

/** Resize row `j` of a box. */
function reduceRow(
  image: RgbImage,
  box: Box,
  j: number,
  columns: Weights,
  line: Float64Array,
): void {
  const { data, channels } = image;
  const start = channels * ((box.top + j) * image.width + box.left);
  for (let x = 0; x < columns.first.length; x++) {
    let [red, green, blue] = [0, 0, 0];
    const weights = columns.values[x]!;
    let at = start + channels * columns.first[x]!;
    for (let i = 0; i < weights.length; i++, at += channels) {
      const weight = weights[i]!;
      red += weight * data[at]!;
      green += weight * data[at + 1]!;
      blue += weight * data[at + 2]!;
    }
    line[3 * x] = red;
    line[3 * x + 1] = green;
    line[3 * x + 2] = blue;
  }
}
