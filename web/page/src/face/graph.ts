/** Running of a small convolutional network in plain arrays, once or twice a second. */

import type { Graph, Operator } from "./tflite.js";

/** Height, width, channels; pixel by pixel. */
interface Map3 {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Float32Array;
}

const ADD = 0;
const CONCATENATION = 2;
const CONV = 3;
const DEPTHWISE = 4;
const DEQUANTIZE = 6;
const MAX_POOL = 17;
const RELU = 19;
const RESHAPE = 22;
const PAD = 34;
const FUSED_RELU = 1;

/** Run a graph on its only input; returns its outputs in their order. */
export function runGraph(graph: Graph, input: Float32Array): Float32Array[] {
  const values = graph.tensors.map(({ data }) => data as Float32Array | null);
  values[graph.inputs[0]!] = input;
  const mapOf = (place: number): Map3 => {
    const [, height = 1, width = 1, channels = 1] = graph.tensors[place]!.shape;
    const data = values[place];
    if (data == null) throw new TypeError("a network whose operators are out of order");
    return { height, width, channels, data };
  };
  const constant = (place: number | undefined): Float32Array => values[place!]!;
  for (const operator of graph.operators) {
    const [to, from] = [operator.outputs[0]!, operator.inputs];
    const out = mapLike(graph.tensors[to]!.shape);
    values[to] = compute(
      operator,
      from.map((place) => (place < 0 ? null : place)),
      mapOf,
      constant,
      out,
      graph,
    );
  }
  return graph.outputs.map((place) => values[place]!);
}

function mapLike(shape: readonly number[]): Map3 {
  const [, height = 1, width = 1, channels = 1] = shape;
  return { height, width, channels, data: new Float32Array(height * width * channels) };
}

function compute(
  operator: Operator,
  from: readonly (number | null)[],
  mapOf: (place: number) => Map3,
  constant: (place: number | undefined) => Float32Array,
  out: Map3,
  graph: Graph,
): Float32Array {
  const first = from[0]!;
  switch (operator.code) {
    case DEQUANTIZE:
    case RESHAPE:
      return constant(first);
    case RELU:
      return constant(first).map((v) => Math.max(v, 0));
    case ADD: {
      const other = constant(from[1]!);
      return activated(
        constant(first).map((v, i) => v + other[i]!),
        operator.byte(0),
      );
    }
    case CONCATENATION: {
      const parts = from.map((place) => constant(place!));
      const joined = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
      let at = 0;
      for (const part of parts) {
        joined.set(part, at);
        at += part.length;
      }
      return joined;
    }
    case PAD:
      return padded(mapOf(first), constant(from[1]!) as unknown as Int32Array, out);
    case MAX_POOL:
      return pooled(mapOf(first), operator, out);
    case CONV:
    case DEPTHWISE: {
      const [weights, bias] = [constant(from[1]!), constant(from[2]!)];
      const [, high, wide] = graph.tensors[from[1]!]!.shape as readonly [number, number, number];
      const places = windowOf(operator, mapOf(first), out, high, wide);
      const [run, fused] = operator.code === CONV ? [convolved, 3] : [byChannel, 4];
      return run(mapOf(first), weights, bias, places, out, operator.byte(fused));
    }
    default:
      throw new TypeError(`a network with an unknown operator ${operator.code}`);
  }
}

interface Window {
  readonly high: number;
  readonly wide: number;
  readonly stepY: number;
  readonly stepX: number;
  readonly top: number;
  readonly left: number;
}

/** Return size, step and margin of a window; the margin is 0 unless the padding is "same". */
function windowOf(operator: Operator, input: Map3, out: Map3, high: number, wide: number): Window {
  const [stepX, stepY] = [operator.int(1), operator.int(2)];
  const isSame = operator.byte(0) === 0;
  const margin = (n: number, of: number, step: number, size: number): number =>
    isSame ? Math.max(0, (n - 1) * step + size - of) >> 1 : 0;
  return {
    high,
    wide,
    stepY,
    stepX,
    top: margin(out.height, input.height, stepY, high),
    left: margin(out.width, input.width, stepX, wide),
  };
}

function convolved(
  input: Map3,
  weights: Float32Array,
  bias: Float32Array,
  { high, wide, stepY, stepX, top, left }: Window,
  out: Map3,
  fused: number,
): Float32Array {
  const depth = input.channels;
  const { data: source } = input;
  const size = high * wide * depth;
  const { data } = out;
  for (let y = 0; y < out.height; y++) {
    for (let x = 0; x < out.width; x++) {
      const to = (y * out.width + x) * out.channels;
      // what a row of the window covers is one run of numbers, of the map and of the weights
      const column = x * stepX - left;
      const [first, end] = [Math.max(0, -column), Math.min(wide, input.width - column)];
      const n = (end - first) * depth;
      for (let c = 0; c < out.channels; c += 2) {
        // two channels at once, as each number of the map is loaded once for both
        const beside = c + 1 < out.channels ? size : 0;
        let [total, other] = [bias[c]!, bias[c + 1] ?? 0];
        for (let j = 0; j < high; j++) {
          const row = y * stepY + j - top;
          if (row < 0 || row >= input.height) continue;
          const at = (row * input.width + column + first) * depth;
          const own = ((c * high + j) * wide + first) * depth;
          for (let k = 0; k < n; k++) {
            const value = source[at + k]!;
            total += value * weights[own + k]!;
            other += value * weights[own + beside + k]!;
          }
        }
        data[to + c] = total;
        if (beside) data[to + c + 1] = other;
      }
    }
  }
  return activated(data, fused);
}

function byChannel(
  input: Map3,
  weights: Float32Array,
  bias: Float32Array,
  { high, wide, stepY, stepX, top, left }: Window,
  out: Map3,
  fused: number,
): Float32Array {
  const depth = out.channels;
  const { data } = out;
  for (let y = 0; y < out.height; y++) {
    for (let x = 0; x < out.width; x++) {
      const to = (y * out.width + x) * depth;
      data.set(bias, to);
      for (let j = 0; j < high; j++) {
        const row = y * stepY + j - top;
        if (row < 0 || row >= input.height) continue;
        for (let i = 0; i < wide; i++) {
          const column = x * stepX + i - left;
          if (column < 0 || column >= input.width) continue;
          const at = (row * input.width + column) * depth;
          const own = (j * wide + i) * depth;
          for (let c = 0; c < depth; c++)
            data[to + c] = data[to + c]! + input.data[at + c]! * weights[own + c]!;
        }
      }
    }
  }
  return activated(data, fused);
}

function pooled(input: Map3, operator: Operator, out: Map3): Float32Array {
  const [wide, high] = [operator.int(3), operator.int(4)];
  const { stepY, stepX, top, left } = windowOf(operator, input, out, high, wide);
  const { data, channels } = out;
  data.fill(-Infinity);
  for (let y = 0; y < out.height; y++) {
    for (let x = 0; x < out.width; x++) {
      const to = (y * out.width + x) * channels;
      for (let j = 0; j < high; j++) {
        const row = y * stepY + j - top;
        if (row < 0 || row >= input.height) continue;
        for (let i = 0; i < wide; i++) {
          const column = x * stepX + i - left;
          if (column < 0 || column >= input.width) continue;
          const at = (row * input.width + column) * channels;
          for (let c = 0; c < channels; c++)
            data[to + c] = Math.max(data[to + c]!, input.data[at + c]!);
        }
      }
    }
  }
  return data;
}

/** Set a map into a larger one of zeros; `margins` has pairs of before and after for each axis. */
function padded(input: Map3, margins: Int32Array, out: Map3): Float32Array {
  const [top, left, before] = [margins[2]!, margins[4]!, margins[6]!];
  for (let y = 0; y < input.height; y++) {
    for (let x = 0; x < input.width; x++) {
      const from = (y * input.width + x) * input.channels;
      const to = ((y + top) * out.width + x + left) * out.channels + before;
      out.data.set(input.data.subarray(from, from + input.channels), to);
    }
  }
  return out.data;
}

function activated(values: Float32Array, fused: number): Float32Array {
  if (fused === 0) return values;
  if (fused !== FUSED_RELU) throw new TypeError(`a network with an unknown activation ${fused}`);
  return values.map((v) => Math.max(v, 0));
}
