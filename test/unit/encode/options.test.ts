// The options of every encoder, checked at the door.
import { describe, expect, test } from "@jest/globals";
import { checkEncodeOptions, type EncodeOptions } from "../../../src/encode/index.ts";

describe("options", () => {
  test.each([
    [{ quality: 0 }, "quality: expected a whole number from 1 to 100; got 0"],
    [{ quality: 101 }, "quality: expected a whole number from 1 to 100; got 101"],
    [{ quality: 75.5 }, "quality: expected a whole number from 1 to 100; got 75.5"],
    [{ quality: "75" }, 'quality: expected a whole number from 1 to 100; got "75"'],
    [{ subsampling: "4:2:2" }, 'subsampling: expected "4:2:0" or "4:4:4"; got "4:2:2"'],
    [
      { compression: "best" },
      'compression: expected "fast", "balanced", "small" or a whole number from 0 to 9; got "best"',
    ],
    [{ compression: 10 }, 'compression: expected "fast", "balanced", "small" or a whole number from 0 to 9; got 10'],
  ])("%j", (options, message) => {
    expect(() => checkEncodeOptions(options as EncodeOptions)).toThrow(new RangeError(message));
  });
});
