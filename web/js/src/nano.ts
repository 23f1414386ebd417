/**
 * The small network as a stream (`sspd.network.nano`): faces of the time grid in, pulse values
 * out, a state between. A runtime of ONNX comes in as a function.
 */

import type { ConfidenceSpec } from "./confidence.js";

/** Maps a face (1, 3, size, size) and a state (1, n) to a value and the next state. */
export type NanoStep = (
  face: Float32Array,
  state: Float32Array,
) => Promise<{ readonly value: number; readonly state: Float32Array }>;

/** What a page needs of the facts in a file of the small network. */
export interface NanoSpec {
  readonly name: string;
  readonly fs: number;
  readonly size: number;
  /** Delay of a value after its frame, in steps of the time grid. */
  readonly latency: number;
  readonly taps: readonly number[] | null;
  /** Time by which the waveform follows the blood volume, seconds. */
  readonly delayS: number;
  readonly confidence: ConfidenceSpec | null;
  readonly stateFloats: number;
}

/** Key of the facts in the metadata of an ONNX file. */
const METADATA_KEY = "sspd";
const METADATA_FIELD = 14;
/** Steps of a convolution in time, and value channels whose energies are averaged. */
const TIME_KERNEL = 3;
const ENERGY_GROUP = 3;

/** Read the facts of a file of the small network; an error says what is wrong with it. */
export function nanoSpecOf(onnx: Uint8Array): NanoSpec {
  const text = metadataOf(onnx, METADATA_KEY);
  if (text === null) throw new TypeError("not a network that sspd exported: it has no facts");
  const facts = JSON.parse(text) as Record<string, unknown>;
  if (facts["network"] !== "nano")
    throw new TypeError(`not the small network: ${facts["network"]}`);
  if (facts["follow"] === true) {
    throw new TypeError("its faces must be stabilized, which is not done here");
  }
  const number = (name: string): number => {
    const value = facts[name];
    if (typeof value !== "number" || !Number.isFinite(value)) throw new TypeError(`no ${name}`);
    return value;
  };
  const equalizer = facts["equalizer"] as Record<string, unknown> | null | undefined;
  const confidence = facts["confidence"] as ConfidenceSpec | null | undefined;
  return {
    name: String(facts["name"]),
    fs: number("fs"),
    size: number("size"),
    latency: number("latency"),
    taps: (equalizer?.["taps"] as readonly number[] | undefined) ?? null,
    delayS: (equalizer?.["delay_after_integral_s"] as number | undefined) ?? 0,
    confidence: confidence ?? null,
    stateFloats: stateFloats(facts as unknown as Parameters<typeof stateFloats>[0]),
  };
}

/** Return the number of values of the state; see `state_layout` in Python. */
function stateFloats(facts: {
  size: number;
  regions: number;
  values: number;
  width: number;
  dilations: readonly number[];
}): number {
  const { size, regions, values, width, dilations } = facts;
  const cells = (size / 4) ** 2;
  const reach = TIME_KERNEL - 1;
  const times = dilations.reduce((all, dilation) => all + reach * dilation * width, 0);
  const maps = 3 * reach * regions * cells + 2 * (values / ENERGY_GROUP) * cells;
  return 1 + 2 * 3 * size ** 2 + maps + width + times;
}

/** One stream of faces through a network. */
export interface NanoStream {
  readonly spec: NanoSpec;
  readonly step: NanoStep;
  readonly state: Float32Array;
  readonly frames: number;
  readonly last: Float32Array | null;
}

/** Begin a stream of which nothing was seen before. */
export function beginNano(spec: NanoSpec, step: NanoStep): NanoStream {
  return { spec, step, state: new Float32Array(spec.stateFloats), frames: 0, last: null };
}

/** Process the next face of the grid, row by row in RGB: its value, or null while there is none. */
export async function pushNano(
  stream: NanoStream,
  face: Float32Array,
): Promise<{ stream: NanoStream; value: number | null }> {
  const { spec, step, frames } = stream;
  const { value, state } = await step(channelsFirst(face, spec.size), stream.state);
  const next = { ...stream, state, frames: frames + 1, last: face };
  return { stream: next, value: frames < spec.latency ? null : value };
}

/** Return the values that the latency still holds back, as if the last face stood still. */
export async function finishNano(stream: NanoStream): Promise<number[]> {
  let now = stream;
  const found: number[] = [];
  for (let k = 0; stream.last !== null && k < stream.spec.latency; k++) {
    const next = await pushNano(now, stream.last);
    now = next.stream;
    if (next.value !== null) found.push(next.value);
  }
  return found;
}

function channelsFirst(face: Float32Array, size: number): Float32Array {
  const n = size * size;
  if (face.length !== 3 * n) throw new RangeError(`the network takes faces of ${size} pixels`);
  const out = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < 3; c++) out[c * n + i] = face[3 * i + c]!;
  }
  return out;
}

/** Return a text of an ONNX file's metadata; an ONNX file is one protobuf message. */
function metadataOf(data: Uint8Array, key: string): string | null {
  for (const [field, start, end] of fieldsOf(data, 0, data.length)) {
    if (field !== METADATA_FIELD) continue;
    const entry = new Map<number, string>();
    for (const [own, from, to] of fieldsOf(data, start, end)) {
      entry.set(own, new TextDecoder().decode(data.subarray(from, to)));
    }
    if (entry.get(1) === key) return entry.get(2) ?? null;
  }
  return null;
}

function* fieldsOf(
  data: Uint8Array,
  at: number,
  stop: number,
): Generator<[number, number, number]> {
  while (at < stop) {
    let tag: number;
    [tag, at] = varint(data, at, stop);
    const kind = tag % 8;
    let [start, end] = [at, at];
    if (kind === 0) end = varint(data, at, stop)[1];
    else if (kind === 2) {
      let length: number;
      [length, start] = varint(data, at, stop);
      end = start + length;
    } else if (kind === 1 || kind === 5) end = at + (kind === 1 ? 8 : 4);
    else throw new TypeError("not an ONNX file");
    if (end > stop) throw new TypeError("an ONNX file that is cut short");
    yield [Math.floor(tag / 8), start, end];
    at = end;
  }
}

function varint(data: Uint8Array, at: number, stop: number): [value: number, at: number] {
  let value = 0;
  for (let factor = 1; factor < 2 ** 50; factor *= 128) {
    if (at >= stop) throw new TypeError("an ONNX file that is cut short");
    const byte = data[at++]!;
    value += (byte % 128) * factor;
    if (byte < 128) return [value, at];
  }
  throw new TypeError("not an ONNX file");
}
