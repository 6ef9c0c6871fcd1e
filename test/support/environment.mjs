import { TestEnvironment } from "jest-environment-node";

// Jest's sandbox has typed arrays and a WebAssembly of its own, while Buffer and what native addons (sharp) return
// belong to the host. Tests that hand data to such addons need one realm; `plain-realm.test.ts` keeps Jest's.
const SHARED = [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "ArrayBuffer",
  "SharedArrayBuffer",
  "DataView",
  "WebAssembly",
];

export default class extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of SHARED) this.global[name] = globalThis[name];
  }
}
