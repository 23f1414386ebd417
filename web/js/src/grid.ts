/**
 * Face crops on the time grid of a network (`sspd.network.grid`): each grid time takes the
 * weighted line through the frames around it (local linear regression, Cleveland, JASA 74, 1979).
 */

/** A frame this near to a grid time, seconds, is at it. */
const SAME_TIME_S = 1e-6;
/** A smaller weight is none. */
const MIN_WEIGHT = 1e-4;
/** The grid reaches this share of a step beyond the last frame. */
const REACH = 0.05;

/** A face crop, pixel by pixel, and its time. */
export interface Face {
  readonly t: number;
  readonly data: Float32Array;
}

/** Frames that later grid times may still need; `done` grid times are made. */
export interface GridState {
  readonly fs: number;
  readonly startS: number;
  readonly done: number;
  readonly held: readonly Face[];
}

/** Begin a grid at the first face. */
export function beginGrid(fs: number, first: Face): GridState {
  if (!(fs > 0)) throw new RangeError(`a grid needs a positive rate, got ${fs} Hz`);
  return { fs, startS: first.t, done: 0, held: [first] };
}

/** Add a face, later than all before, and return those of the grid that are settled by it. */
export function pushGrid(
  state: GridState,
  face: Face,
): { state: GridState; faces: Float32Array[] } {
  const { fs, startS } = state;
  if (!(face.t > state.held[state.held.length - 1]!.t)) {
    throw new RangeError(`times must rise, got ${face.t} s`);
  }
  const held = [...state.held, face];
  // A grid time is settled when a frame lies a step beyond it, which no other passes.
  const done = Math.max(state.done, Math.floor((face.t - startS) * fs - 1));
  const faces = resample({ ...state, held }, done);
  // Of the frames before the next time's step the last may still be its neighbour.
  const needless = atOrAfter(held, startS + (done - 1) / fs - SAME_TIME_S) - 1;
  return { state: { fs, startS, done, held: held.slice(Math.max(needless, 0)) }, faces };
}

/** Return the faces of the grid that are left when no frame comes any more. */
export function closeGrid(state: GridState): Float32Array[] {
  const end = state.held[state.held.length - 1]!.t;
  return resample(state, Math.floor((end - state.startS) * state.fs + REACH) + 1);
}

/** Return the faces of the grid from the next one up to number `end`. */
function resample({ fs, startS, done, held }: GridState, end: number): Float32Array[] {
  const last = held[held.length - 1]!.t;
  return Array.from({ length: Math.max(0, end - done) }, (_, k) => {
    const at = Math.min(Math.max(startS + (done + k) / fs, held[0]!.t), last);
    const out = new Float32Array(held[0]!.data.length);
    for (const [which, weight] of weightsAt(held, at, 1 / fs)) {
      const { data } = held[which]!;
      for (let i = 0; i < out.length; i++) out[i] = out[i]! + weight * data[i]!;
    }
    return out;
  });
}

/** Return the faces that make a grid time, and how much each counts. */
function weightsAt(
  held: readonly Face[],
  at: number,
  halfS: number,
): (readonly [number, number])[] {
  const after = atOrAfter(held, at - SAME_TIME_S);
  const right = Math.min(after, held.length - 1);
  const left = Math.max(held[right]!.t - at <= SAME_TIME_S ? right : after - 1, 0);
  const low = Math.min(left, atOrAfter(held, at - halfS));
  const high = Math.max(right + 1, atOrAfter(held, at + halfS));
  const places = Array.from({ length: high - low }, (_, k) => low + k);
  const d = places.map((k) => (held[k]!.t - at) / halfS);
  let w = d.map((v) => (1 - Math.abs(v) < MIN_WEIGHT ? 0 : 1 - Math.abs(v)));
  // frames slower than the grid: a straight line between two of them
  const isSlow = w[left - low] === 0 || w[right - low] === 0;
  if (isSlow) w = places.map((k) => (k >= left && k <= right ? 1 : 0));
  if (w.filter((v) => v > 0).length > 1) {
    const [s0, s1, s2] = [0, 1, 2].map((power) =>
      w.reduce((all, v, k) => all + v * d[k]! ** power, 0),
    ) as [number, number, number];
    w = w.map((v, k) => (v * (s2 - s1 * d[k]!)) / (s0 * s2 - s1 ** 2));
  } else w = w.map((v) => (v > 0 ? 1 : 0));
  return places.map((place, k) => [place, w[k]!] as const).filter(([, weight]) => weight !== 0);
}

/** Return the number of the first face at or after a time. */
function atOrAfter(held: readonly Face[], t: number): number {
  const found = held.findIndex((face) => face.t >= t);
  return found < 0 ? held.length : found;
}
