// The options of every encoder, checked at the door.
import { describe, expect, test } from "@jest/globals";
import { checkEncodeOptions, type EncodeOptions } from "../../../src/encode/index.ts";

describe("options", () => {
  test.each([
    [{ quality: 0 }, "quality 0: expected an integer from 1 to 100"],
    [{ quality: 101 }, "quality 101: expected an integer from 1 to 100"],
    [{ quality: 75.5 }, "quality 75.5: expected an integer from 1 to 100"],
    [{ quality: "75" }, 'quality "75": expected an integer from 1 to 100'],
    [{ subsampling: "4:2:2" }, 'subsampling "4:2:2": expected "4:2:0" or "4:4:4"'],
    [{ compression: "best" }, 'compression "best": expected "fast", "balanced" or "small", or an integer from 0 to 9'],
    [{ compression: 10 }, 'compression 10: expected "fast", "balanced" or "small", or an integer from 0 to 9'],
  ])("%j", (options, message) => {
    expect(() => checkEncodeOptions(options as EncodeOptions)).toThrow(new RangeError(message));
  });
});
