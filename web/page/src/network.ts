/** The small network in ONNX Runtime Web: WebAssembly, one thread. */

import * as ort from "onnxruntime-web/wasm";

import { type NanoSpec, nanoSpecOf, type NanoStep } from "../../js/src/index.js";

/** The network ready to run, with the facts in its file. */
export interface Network {
  readonly spec: NanoSpec;
  readonly step: NanoStep;
}

/** Load the network; `wasm` is the address of the runtime's own file. */
export async function loadNetwork(onnx: Uint8Array, wasm?: string): Promise<Network> {
  const spec = nanoSpecOf(onnx);
  ort.env.wasm.numThreads = 1;
  if (wasm !== undefined) ort.env.wasm.wasmPaths = { wasm };
  const session = await ort.InferenceSession.create(onnx, { executionProviders: ["wasm"] });
  const shape = [1, 3, spec.size, spec.size];
  const step: NanoStep = async (face, state) => {
    const found = await session.run({
      face: new ort.Tensor("float32", face, shape),
      state: new ort.Tensor("float32", state, [1, spec.stateFloats]),
    });
    const values = found["rppg"]!.data as Float32Array;
    return { value: values[0]!, state: found["next_state"]!.data as Float32Array };
  };
  await step(new Float32Array(3 * spec.size ** 2), new Float32Array(spec.stateFloats)); // warm up
  return { spec, step };
}
