/** The worker: loads the networks, and measures frames one after the other. */

import { type Detector, loadDetector } from "./face/detect.js";
import { loadNetwork, type Network } from "./network.js";
import type { Answer, Request } from "./protocol.js";
import { Session } from "./session/session.js";

/** Files beside the worker. */
const MODEL = "model.onnx";
const FACES = "faces.tflite";
const RUNTIME = "ort-wasm-simd-threaded.wasm";

let network: Network | null = null;
let detect: Detector | null = null;
let session: Session | null = null;
let before: Promise<void> = Promise.resolve();

self.addEventListener("message", ({ data }: MessageEvent<Request>) => {
  before = before
    .then(() => handle(data))
    .catch((error: unknown) => {
      tell({ kind: "failed", what: error instanceof Error ? error.message : String(error) });
    });
});

function tell(answer: Answer): void {
  self.postMessage(answer);
}

async function handle(request: Request): Promise<void> {
  if (request.kind === "load") {
    const [model, faces] = await Promise.all([
      fetched(request.base + MODEL),
      fetched(request.base + FACES),
    ]);
    network = await loadNetwork(model, request.base + RUNTIME);
    detect = loadDetector(faces);
    detect({ data: new Uint8Array(3 * 64 * 64), width: 64, height: 64, channels: 3 }); // warm up
    tell({ kind: "ready", weights: network.spec.name });
  } else if (request.kind === "begin") {
    if (network === null || detect === null) throw new Error("nothing is loaded yet");
    session = new Session(network, detect, request.seconds, request.isFile);
  } else if (request.kind === "frame") {
    const { pixels, width, height, t } = request;
    const data = new Uint8ClampedArray(pixels);
    const update = (await session?.push({ data, width, height, channels: 4 }, t)) ?? null;
    tell({ kind: "taken", update });
  } else if (session !== null) {
    const ending = session;
    session = null;
    tell({ kind: "final", final: await ending.finish() });
  }
}

async function fetched(address: string): Promise<Uint8Array> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
