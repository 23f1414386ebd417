/** Reading of a TensorFlow Lite file, a FlatBuffers table: tensors, operators, constants. */

/** One tensor; `data` is null where a run computes it. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | null;
}

/** One operator, its options by the number of their field. */
export interface Operator {
  readonly code: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Return a field of the options: a byte or a 32-bit integer; 0 where it is left out. */
  readonly byte: (field: number) => number;
  readonly int: (field: number) => number;
}

/** A network of one graph. */
export interface Graph {
  readonly tensors: readonly Tensor[];
  readonly operators: readonly Operator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

const IDENTIFIER = 0x334c4654; // TFL3
const [FLOAT32, FLOAT16, INT32] = [0, 1, 2];

/** Read a file; an error says what is wrong with it. */
export function readTflite(bytes: Uint8Array): Graph {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || view.getUint32(4, true) !== IDENTIFIER) {
    throw new TypeError("not a TensorFlow Lite file");
  }
  const model = new Table(view, view.getUint32(0, true));
  const codes = model.tables(1).map((code) => Math.max(code.byte(0), code.int(3)));
  const buffers = model.tables(4);
  const graph = model.tables(2)[0];
  if (graph === undefined) throw new TypeError("a TensorFlow Lite file without a graph");
  return {
    tensors: graph.tables(0).map((tensor) => tensorOf(tensor, buffers)),
    operators: graph.tables(3).map((operator) => {
      const options = operator.table(4);
      return {
        code: codes[operator.int(0)]!,
        inputs: operator.ints(1),
        outputs: operator.ints(2),
        byte: (field) => options?.byte(field) ?? 0,
        int: (field) => options?.int(field) ?? 0,
      };
    }),
    inputs: graph.ints(1),
    outputs: graph.ints(2),
  };
}

function tensorOf(tensor: Table, buffers: readonly Table[]): Tensor {
  const shape = tensor.ints(0);
  const bytes = buffers[tensor.int(2)]?.bytes(0) ?? null;
  if (bytes === null || !bytes.byteLength) return { shape, data: null };
  const n = shape.reduce((a, b) => a * b, 1);
  const kind = tensor.byte(1);
  if (kind === FLOAT32) return { shape, data: numbers(n, (i) => bytes.getFloat32(4 * i, true)) };
  if (kind === FLOAT16)
    return { shape, data: numbers(n, (i) => half(bytes.getUint16(2 * i, true))) };
  if (kind === INT32) {
    return { shape, data: Int32Array.from({ length: n }, (_, i) => bytes.getInt32(4 * i, true)) };
  }
  throw new TypeError(`a constant of an unknown kind ${kind}`);
}

function numbers(n: number, at: (index: number) => number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => at(i));
}

/** Return a number in half precision (IEEE 754). */
function half(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 0) return sign * 2 ** -14 * (fraction / 1024);
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

/** One FlatBuffers table. */
class Table {
  constructor(
    private readonly view: DataView,
    private readonly at: number,
  ) {}

  byte(field: number): number {
    const place = this.#place(field);
    return place === 0 ? 0 : this.view.getInt8(place);
  }

  int(field: number): number {
    const place = this.#place(field);
    return place === 0 ? 0 : this.view.getInt32(place, true);
  }

  ints(field: number): number[] {
    const [start, n] = this.#vector(field);
    return Array.from({ length: n }, (_, i) => this.view.getInt32(start + 4 * i, true));
  }

  bytes(field: number): DataView | null {
    const [start, n] = this.#vector(field);
    return n ? new DataView(this.view.buffer, this.view.byteOffset + start, n) : null;
  }

  table(field: number): Table | null {
    const place = this.#place(field);
    return place === 0 ? null : new Table(this.view, place + this.view.getUint32(place, true));
  }

  tables(field: number): Table[] {
    const [start, n] = this.#vector(field);
    return Array.from({ length: n }, (_, i) => {
      const place = start + 4 * i;
      return new Table(this.view, place + this.view.getUint32(place, true));
    });
  }

  /** Return where a field stands; 0: it is left out. */
  #place(field: number): number {
    const fields = this.at - this.view.getInt32(this.at, true);
    const entry = 4 + 2 * field;
    if (entry >= this.view.getUint16(fields, true)) return 0;
    const offset = this.view.getUint16(fields + entry, true);
    return offset === 0 ? 0 : this.at + offset;
  }

  #vector(field: number): readonly [start: number, length: number] {
    const place = this.#place(field);
    if (place === 0) return [0, 0];
    const start = place + this.view.getUint32(place, true);
    return [start + 4, this.view.getUint32(start, true)];
  }
}
