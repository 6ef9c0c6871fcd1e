// What `ready` does beyond compiling: pictures for the engine to optimize on, wherever the host allows timers.
import { afterEach, expect, jest, test } from "@jest/globals";
import { type WarmUpPicture, warmUp } from "../../../src/encode/warm-up.ts";
import { encodeJpeg, encodePng, ready as readyOfEncoders } from "../../../src/encoders.ts";
import { ready } from "../../../src/node.ts";

afterEach(() => {
  jest.restoreAllMocks();
});

test("each encoder gets the same small picture several times, which it takes", async () => {
  const given: WarmUpPicture[][] = [[], []];
  await warmUp([(picture) => given[0]!.push(picture), (picture) => given[1]!.push(picture)]);
  expect(given[0]!.length).toBeGreaterThan(1);
  expect(given[1]).toEqual(given[0]);
  expect(encodePng(given[0]![0]!).length).toBeGreaterThan(100);
  expect(encodeJpeg(given[0]![0]!).length).toBeGreaterThan(100);
});

test("a host that allows no timers while a program starts is warm later", async () => {
  jest.spyOn(globalThis, "setTimeout").mockImplementation(() => {
    throw new Error("Disallowed operation called within global scope");
  });
  const encode = jest.fn();
  await warmUp([encode]);
  expect(encode).not.toHaveBeenCalled();
});

test("ready tells which kernels are used, however often it is asked", async () => {
  expect(await Promise.all([ready(), ready(), ready()])).toEqual(["simd", "simd", "simd"]);
});

test.each([
  ["wandb-image", ready],
  ["wandb-image/encode", readyOfEncoders],
])("ready of %s refuses what it does not know, in words", async (_, ready) => {
  await expect(ready({ wsam: "/kernels.wasm" } as object)).rejects.toThrow(
    'ready: unknown option "wsam"; did you mean wasm?',
  );
  await expect(ready(null as unknown as object)).rejects.toThrow(
    'ready: options: expected an object such as { wasm: "/kernels.wasm" }; got null',
  );
});
