/** Finds the faces in a raw RGB frame: node detect-faces.mjs NETWORK.tflite FRAME.rgb WIDTH HEIGHT */

import { readFileSync } from "node:fs";

import { loadDetector, padded } from "../../src/face/detect.js";

const [network, frame, wide, high] = process.argv.slice(2) as [string, string, string, string];
const [width, height] = [Number(wide), Number(high)];
const faces = loadDetector(readFileSync(network))({
  data: readFileSync(frame),
  width,
  height,
  channels: 3,
});
const { left, top, right, bottom } = padded(faces[0]!, width, height);
console.log(JSON.stringify({ faces, box: [left, top, right, bottom] }));
