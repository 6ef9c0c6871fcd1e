import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { decodePixels, fileOf } from "../../../src/decode/index.ts";

// Files of every form and every cut of some, with what Pillow makes of them: test/fixtures/files.py.
interface Case {
  readonly name: string;
  readonly file: string;
  /** Pillow's words, where it refuses the file. */
  readonly refused?: string;
  readonly size?: [number, number];
  readonly channels?: number;
  readonly bits?: 8 | 16;
  readonly sha256?: string;
  /** How many lengths in turn Pillow refuses and takes. */
  readonly cuts?: number[];
}

const { cases } = JSON.parse(readFileSync(new URL("../../fixtures/files.json", import.meta.url), "utf8")) as {
  cases: Case[];
};
const bytesOf = ({ file }: Case) => new Uint8Array(Buffer.from(file, "base64"));
const named = (name: string) => cases.find((one) => one.name === name)!;

/** Pillow refuses these; they are logged all the same, for browsers show them, and refused where their pixels are asked for. */
const LOGGED =
  /^(bmp (16|24|32) masks|bmp (of 2 bits|of 24 bits and rle|holding a jpeg)|png with [iz]\w+ of 3 MB|jpeg lossless|png with filter 7)/;
/** Pillow decodes these; here their pixels are refused by name. */
const NOT_DECODED: Readonly<Record<string, string>> = {
  "jpeg without tables": "without its Huffman tables (DHT)",
  "jpeg arithmetic": "arithmetic-coded kind (SOF9)",
};

describe("what a file is", () => {
  const taken = cases.filter(({ refused }) => refused === undefined);
  test.each(taken)("$name: its size is Pillow's", (one) => {
    const { width, height } = fileOf(bytesOf(one))!;
    expect([width, height]).toEqual(one.size);
  });

  const refused = cases.filter(({ refused, name }) => refused !== undefined && !LOGGED.test(name));
  test.each(refused.filter(({ name }) => name !== "jpeg junk between segments"))(
    "$name: refused, as by Pillow",
    (one) => {
      let error: unknown;
      try {
        fileOf(bytesOf(one));
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(RangeError);
      expect((error as { code: string }).code).toMatch(/^file-(truncated|broken|unsupported)$/);
      expect((error as Error).message.length).toBeLessThan(250);
    },
  );

  test("junk before the first segment: no signature of ours, as Pillow finds", () => {
    expect(named("jpeg junk between segments").refused).toContain("UnidentifiedImageError");
    expect(fileOf(bytesOf(named("jpeg junk between segments")))).toBeUndefined();
  });
});

describe("pixels", () => {
  const decoded = cases.filter(({ sha256, name }) => sha256 !== undefined && NOT_DECODED[name] === undefined);
  test("there are many of each format", () => {
    for (const format of ["png", "jpeg", "bmp"]) {
      expect(decoded.filter(({ name }) => name.startsWith(format)).length).toBeGreaterThan(80);
    }
  });

  test.each(decoded)("$name: Pillow's, to the bit", (one) => {
    const { data, width, height, channels } = decodePixels(bytesOf(one), { mode: null });
    expect([width, height, channels]).toEqual([...one.size!, one.channels]);
    // Of 16 bits with several channels Pillow keeps the upper byte.
    const held = one.bits === 8 && data.BYTES_PER_ELEMENT === 2 ? Uint8Array.from(data, (value) => value >> 8) : data;
    expect(held.BYTES_PER_ELEMENT * 8).toBe(one.bits);
    expect(createHash("sha256").update(held).digest("hex").slice(0, 32)).toBe(one.sha256);
  });

  test.each(Object.entries(NOT_DECODED))("%s: refused by name", (name, words) => {
    expect(() => decodePixels(bytesOf(named(name)), { mode: null })).toThrow(words);
  });

  test.each(cases.filter(({ name }) => LOGGED.test(name) && named(name).refused))(
    "$name: refused, as by Pillow",
    (one) => {
      const bytes = bytesOf(one);
      expect(fileOf(bytes)).toBeDefined();
      expect(() => decodePixels(bytes, { mode: null })).toThrow(
        new RegExp(`^the \\d+×\\d+ (png|jpg|bmp) file of ${bytes.length} bytes: `),
      );
    },
  );
});

describe("every cut", () => {
  test.each(cases.filter(({ cuts }) => cuts !== undefined))("$name", (one) => {
    const bytes = bytesOf(one);
    let length = 0;
    one.cuts!.forEach((count, i) => {
      for (const end = length + count; length < end; length++) {
        const cut = bytes.slice(0, length);
        let header: ReturnType<typeof fileOf>;
        try {
          header = fileOf(cut);
        } catch (error) {
          header = undefined;
          if (length > 60) expect((error as Error).message).toMatch(/truncated: .*\d|missing|ends before|cut short/);
        }
        expect([length, header !== undefined]).toEqual([length, i % 2 === 1]);
        // What Pillow takes without its end is told; a JPEG's and a RIFF's last byte may be padding that nobody needs.
        if (header !== undefined && !one.name.startsWith("cuts bmp"))
          expect(header.incomplete ?? "").toMatch(/^(its end, .*|)$/);
      }
    });
    expect(length).toBe(bytes.length);
    expect(fileOf(bytes)!.incomplete).toBe(one.name === "cuts png without end" ? "its end, the IEND chunk" : undefined);
  });

  test("a missing end alone is told: IEND, GIF's trailer", () => {
    const png = bytesOf(named("cuts png"));
    expect(fileOf(png.slice(0, -12))!.incomplete).toBe("its end, the IEND chunk");
    const gif = bytesOf(named("gif"));
    expect(fileOf(gif.slice(0, -1))!.incomplete).toBe("its end, the trailer");
  });

  test("what is missing is counted", () => {
    const says = (name: string, cut: number) => {
      try {
        fileOf(bytesOf(named(name)).slice(0, -cut));
        return "nothing";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(says("cuts bmp", 5)).toBe("image file is truncated: its pixels lack 4 bytes");
    expect(says("webp", 7)).toBe("image file is truncated: it lacks 7 bytes");
    expect(says("cuts jpeg", 2)).toBe("image file is truncated: its end, the EOI marker, is missing");
    expect(says("cuts png", 12 + 4 + 30)).toBe("image file is truncated: its IDAT chunk lacks 30 bytes");
  });
});
