/**
 * Face detection by BlazeFace (Bazarevsky et al., "BlazeFace: sub-millisecond neural face
 * detection on mobile GPUs", CVPR workshops 2019), the short-range network of MediaPipe.
 */

import { type Box, type RgbImage, resizeArea } from "../../../js/src/index.js";
import { runGraph } from "./graph.js";
import { type Graph, readTflite } from "./tflite.js";

/** Side of the network's input, pixels; a face is 1/5 of it at least. */
const SIDE = 128;
/** Sides of the maps, and anchors in each of their cells. */
const MAPS = [
  [16, 2],
  [8, 6],
] as const;
/** Numbers of a regression: middle and size of the face, and six points in it. */
const REGRESSIONS = 16;
/** Least probability of a face. */
const LEAST_SCORE = 0.65;
/** Faces that overlap by more are one. */
const MOST_OVERLAP = 0.3;
/**
 * The square that is measured, in sides of the detector's box, and its middle above that of the
 * box: the same part of a face as the box of `sspd.face.crop.pad_box`.
 */
const PAD_SCALE = 1.45;
const PAD_UP = 0.18;

/** A face: the detector's box, in pixels of the frame, not rounded. */
export interface Found {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly score: number;
}

/** Finds the faces in a frame, the largest first. */
export type Detector = (frame: RgbImage) => Found[];

/** Load the detector from its file. */
export function loadDetector(tflite: Uint8Array): Detector {
  const graph = readTflite(tflite);
  return (frame) => detectFaces(graph, frame);
}

/** Return the square around a whole face, inside the frame. */
export function padded(face: Found, width: number, height: number): Box {
  const size = Math.max(face.width, face.height);
  const side = Math.max(1, Math.min(Math.round(PAD_SCALE * size), width, height));
  const [x, y] = [face.x + face.width / 2, face.y + face.height / 2 - PAD_UP * size];
  const left = Math.min(Math.max(Math.round(x - side / 2), 0), width - side);
  const top = Math.min(Math.max(Math.round(y - side / 2), 0), height - side);
  return { left, top, right: left + side, bottom: top + side };
}

function detectFaces(graph: Graph, frame: RgbImage): Found[] {
  const { input, scale, left, top } = letterboxed(frame);
  const outputs = runGraph(graph, input);
  const [boxes, scores] =
    outputs[0]!.length > outputs[1]!.length ? outputs : [outputs[1], outputs[0]];
  const found: Found[] = [];
  let k = 0;
  for (const [side, many] of MAPS) {
    for (let cell = 0; cell < side * side; cell++) {
      for (let anchor = 0; anchor < many; anchor++, k++) {
        const score = 1 / (1 + Math.exp(-Math.min(Math.max(scores![k]!, -80), 80)));
        if (score < LEAST_SCORE) continue;
        const own = boxes!.subarray(REGRESSIONS * k, REGRESSIONS * k + 4);
        const [x, y] = [
          own[0]! + (((cell % side) + 0.5) * SIDE) / side,
          own[1]! + ((Math.floor(cell / side) + 0.5) * SIDE) / side,
        ];
        const [wide, high] = [own[2]! * scale, own[3]! * scale];
        found.push({
          x: (x - left) * scale - wide / 2,
          y: (y - top) * scale - high / 2,
          width: wide,
          height: high,
          score,
        });
      }
    }
  }
  return merged(found).sort((a, b) => b.width * b.height - a.width * a.height);
}

/** Reduce a frame into the network's square, and tell how: pixels of the frame for one of it. */
function letterboxed(frame: RgbImage): {
  input: Float32Array;
  scale: number;
  left: number;
  top: number;
} {
  const scale = Math.max(frame.width, frame.height) / SIDE;
  const [width, height] = [
    Math.max(1, Math.round(frame.width / scale)),
    Math.max(1, Math.round(frame.height / scale)),
  ];
  const [left, top] = [(SIDE - width) >> 1, (SIDE - height) >> 1];
  const { data } = resizeArea(frame, width, height);
  const input = new Float32Array(3 * SIDE * SIDE).fill(-1);
  for (let y = 0; y < height; y++) {
    const to = 3 * ((y + top) * SIDE + left);
    for (let i = 0; i < 3 * width; i++) input[to + i] = data[3 * y * width + i]! / 127.5 - 1;
  }
  return { input, scale, left, top };
}

/** Join overlapping boxes, weighted by their scores. */
function merged(found: readonly Found[]): Found[] {
  let waiting = [...found].sort((a, b) => b.score - a.score);
  const faces: Found[] = [];
  while (waiting.length) {
    const best = waiting[0]!;
    const same = waiting.filter((face) => overlap(face, best) > MOST_OVERLAP);
    const total = same.reduce((sum, face) => sum + face.score, 0);
    const average = (of: (face: Found) => number): number =>
      same.reduce((sum, face) => sum + face.score * of(face), 0) / total;
    faces.push({
      x: average((face) => face.x),
      y: average((face) => face.y),
      width: average((face) => face.width),
      height: average((face) => face.height),
      score: best.score,
    });
    waiting = waiting.filter((face) => !same.includes(face));
  }
  return faces;
}

/** Return the intersection of two boxes over their union. */
function overlap(a: Found, b: Found): number {
  const wide = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const high = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const both = Math.max(0, wide) * Math.max(0, high);
  return both / Math.max(a.width * a.height + b.width * b.height - both, 1e-9);
}
