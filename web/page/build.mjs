/**
 * Builds the page:
 *
 *     node build.mjs --model NANO.onnx [--out FOLDER] [--packed] [--example FOLDER]
 *     node build.mjs --tests
 *
 * `--model`: the small network as `sspd export` writes it. `--packed`: each file is packed by
 * gzip, as `sspd serve` keeps them. `--example`: an experiment with jsPsych, with all that it needs. `--tests`: the tests, into build/test.
 */

import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    out: { type: "string", default: "build/page" },
    example: { type: "string" },
    packed: { type: "boolean", default: false },
    tests: { type: "boolean", default: false },
  },
});
const HERE = import.meta.dirname;
const MOST_BYTES = 6e6;
/** Files that the page itself does not load: the element alone is in page.js, too. */
const OTHERS = ["scan.js", "jspsych.js"];
const common = {
  bundle: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
  loader: { ".css": "text" },
};

/** Build the tests into build/test, and what they start into build/tools. */
async function buildTests() {
  for (const [from, to, end] of [
    ["test", "test", ".test.ts"],
    ["test/tools", "tools", ".ts"],
  ]) {
    const out = join(HERE, "build", to);
    await rm(out, { recursive: true, force: true });
    const files = (await readdir(join(HERE, from))).filter((name) => name.endsWith(end));
    await build({
      ...common,
      entryPoints: files.map((name) => join(HERE, from, name)),
      outdir: out,
      outExtension: { ".js": ".mjs" },
      platform: "node",
      packages: "external",
    });
  }
}

async function buildPage(out) {
  if (!values.model)
    throw new Error("build.mjs: --model NANO.onnx is missing (sspd export makes it)");
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const source = (name) => join(HERE, "src", name);
  const entries = ["page.ts", "scan.ts", "worker.ts", "jspsych.ts"].map(source);
  await build({
    ...common,
    minify: true,
    outdir: out,
    entryPoints: entries,
    external: ["jspsych"],
  });
  for (const name of ["index.html", "page.css"]) await cp(source(name), join(out, name));
  const packages = join(HERE, "node_modules");
  const copied = {
    "model.onnx": resolve(values.model),
    "faces.tflite": join(packages, "@mediapipe/face_detection/face_detection_short_range.tflite"),
    "ort-wasm-simd-threaded.wasm": join(
      packages,
      "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm",
    ),
  };
  for (const [name, from] of Object.entries(copied)) await cp(from, join(out, name));
  const files = (await readdir(out)).sort();
  const hash = createHash("sha256");
  for (const name of files) hash.update(name).update(await readFile(join(out, name)));
  await build({
    ...common,
    minify: true,
    outdir: out,
    entryPoints: [source("service-worker.ts")],
    define: {
      FILES: JSON.stringify(["./", ...files.filter((name) => !OTHERS.includes(name))]),
      VERSION: JSON.stringify(hash.digest("hex").slice(0, 16)),
    },
  });
  await weigh(out);
  if (values.example) await buildExample(out, resolve(values.example));
  if (values.packed) await pack(out);
}

/** Build the example of an experiment, with all that it needs. */
async function buildExample(page, out) {
  await rm(out, { recursive: true, force: true });
  await cp(page, out, { recursive: true });
  for (const name of ["page.js", "page.css", "service-worker.js", "jspsych.js"])
    await rm(join(out, name));
  await cp(join(HERE, "example/index.html"), join(out, "index.html"));
  await cp(join(HERE, "node_modules/jspsych/css/jspsych.css"), join(out, "jspsych.css"));
  await build({
    ...common,
    minify: true,
    outdir: out,
    entryPoints: [join(HERE, "example/example.ts")],
  });
}

async function pack(out) {
  for (const name of await readdir(out)) {
    await writeFile(
      join(out, `${name}.gz`),
      gzipSync(await readFile(join(out, name)), { level: 9 }),
    );
    await rm(join(out, name));
  }
}

/** Say how much a visitor loads, and fail where it is too much. */
async function weigh(out) {
  let total = 0;
  for (const name of (await readdir(out)).sort()) {
    const { size } = await stat(join(out, name));
    const packed = gzipSync(await readFile(join(out, name)), { level: 9 }).length;
    console.log(
      `${name.padEnd(32)}${String(size).padStart(10)} bytes${String(packed).padStart(10)} compressed`,
    );
    if (!OTHERS.includes(name)) total += packed;
  }
  console.log(`${total} bytes compressed in all`);
  if (total > MOST_BYTES) throw new Error(`build.mjs: more than ${MOST_BYTES} bytes`);
}

if (values.tests) await buildTests();
else await buildPage(resolve(values.out));
