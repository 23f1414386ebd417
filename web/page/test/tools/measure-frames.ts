/**
 * Measures raw RGB frames in Node, as the page does:
 *
 *     node measure-frames.mjs MODEL.onnx FRAMES.rgb FRAMES.json
 */

import { openSync, readFileSync, readSync } from "node:fs";

import { Measurement } from "../../../js/src/index.js";
import { loadNetwork } from "../../src/network.js";

const [model, frames, facts] = process.argv.slice(2) as [string, string, string];
const { t, box, w, h, every } = JSON.parse(readFileSync(facts, "utf-8")) as {
  t: number[];
  box: [number, number, number, number];
  w: number;
  h: number;
  every?: number;
};
const [left, top, right, bottom] = box;
const { spec, step } = await loadNetwork(readFileSync(model));
const measurement = new Measurement(spec, step, { left, top, right, bottom });
const file = openSync(frames, "r");
const [began, work] = [performance.now(), process.cpuUsage()];
for (const [k, at] of t.entries()) {
  const data = new Uint8Array(3 * w * h);
  readSync(file, data, 0, data.length, k * data.length);
  await measurement.push({ data, width: w, height: h, channels: 3 }, at);
  if (every && k % every === every - 1) measurement.now();
}
const spentMs = (performance.now() - began) / t.length;
const { user, system } = process.cpuUsage(work);
const workMs = (user + system) / 1000 / t.length;
const { windows, reasons, rhythm, signal, fps } = await measurement.close();
const beats = Array.from(rhythm.beatsS);
const values = Array.from(signal?.values ?? []);
console.log(
  JSON.stringify({ windows, reasons, beats, values, startS: signal?.startS, fps, spentMs, workMs }),
);
