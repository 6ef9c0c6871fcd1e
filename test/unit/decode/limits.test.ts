import { crc32, deflateSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { encodeJpeg } from "../../../src/encoders.ts";
import { Image, makeGrid } from "../../../src/node.ts";

// Small files that claim much: refused at once, on reading back or before.

const be32 = (value: number) => Buffer.of(value >>> 24, value >>> 16, value >>> 8, value);
const chunk = (name: string, data: Uint8Array) => {
  const body = Buffer.concat([Buffer.from(name), data]);
  return Buffer.concat([be32(data.length), body, be32(crc32(body))]);
};

function png(width: number, height: number, idat: Uint8Array, ...before: Buffer[]): Buffer {
  const header = Buffer.concat([be32(width), be32(height), Buffer.of(8, 0, 0, 0, 0)]);
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, chunk("IHDR", header), ...before, chunk("IDAT", idat), chunk("IEND", Buffer.of())]);
}

function bmp(width: number, height: number, bits: number, compression = 0): Buffer {
  const file = Buffer.alloc(58);
  file.write("BM");
  for (const [at, value] of [
    [2, 58],
    [10, 58],
    [14, 40],
    [18, width],
    [22, height],
    [30, compression],
    [46, 1],
  ] as const) {
    file.writeInt32LE(value, at);
  }
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  return file;
}

/** A JPEG of 8×8 whose header says another size. */
function jpeg(width: number, height: number): Buffer {
  const file = Buffer.from(encodeJpeg({ data: new Uint8Array(64 * 3), width: 8, height: 8, channels: 3 }));
  const frame = file.indexOf(Buffer.of(0xff, 0xc0));
  file.writeUInt16BE(height, frame + 5);
  file.writeUInt16BE(width, frame + 7);
  return file;
}

const LIMIT = "exceeds limit of 178956970 pixels, could be decompression bomb DOS attack";
const zeros = deflateSync(new Uint8Array(300_000_000), { level: 1 });

test.each([
  ["a JPEG of 65500×65500", () => jpeg(65500, 65500), `Image size (4290250000 pixels) ${LIMIT}`],
  ["a JPEG of 5000×5000", () => jpeg(5000, 5000), "5000×5000 pixels take"],
  ["a PNG of 65500×65500", () => png(65500, 65500, zeros), `Image size (4290250000 pixels) ${LIMIT}`],
  ["a PNG whose rows cannot be there", () => png(10000, 10000, deflateSync(new Uint8Array(9e6)).subarray(0, 9000)), ""],
  [
    "a PNG with a profile that unpacks to gigabytes",
    () => png(1, 1, deflateSync(new Uint8Array(2)), chunk("iCCP", Buffer.concat([Buffer.from("A\0\0"), zeros]))),
    "Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK",
  ],
  ["a BMP of 40000×40000", () => bmp(40000, 40000, 8), "its pixels lack 1600000000 bytes"],
  ["a BMP of 65500×65500 bits", () => bmp(65500, 65500, 1), "its pixels lack"],
  ["a BMP of runs", () => bmp(40000, 40000, 8, 1), "its runs hold 0 of 1600000000 pixels"],
  ["a BMP of 3000000×2000000", () => bmp(3_000_000, 2_000_000, 24), "its pixels lack"],
])("%s is refused at once", (_, make, words) => {
  const file = make();
  const memory = process.memoryUsage().rss;
  expect(() => new Image(file, { onWarning: () => {} }).toDataArray({ layout: "HWC" })).toThrow(words);
  expect(process.memoryUsage().rss - memory).toBeLessThan(150e6);
});

test("a PNG unpacks to what its header says, whatever its stream holds", () => {
  const file = png(1, 1, zeros);
  const memory = process.memoryUsage().rss;
  expect(new Image(file).toDataArray()).toEqual([[0]]);
  expect(process.memoryUsage().rss - memory).toBeLessThan(150e6);
});

test("maxPixels sets the limit, for toDataArray and equals", () => {
  const image = new Image(png(20, 10, deflateSync(new Uint8Array(210))));
  const other = new Image(png(20, 10, deflateSync(new Uint8Array(210), { level: 0 })));
  const words = "the 20×10 png file of";
  expect(() => image.toDataArray({ maxPixels: 199 })).toThrow(
    `${words} ${image.size} bytes: Image size (200 pixels) exceeds limit of 199 pixels`,
  );
  expect(() => image.equals(other, { maxPixels: 199 })).toThrow(words);
  expect(image.toDataArray({ maxPixels: 200 })).toHaveLength(10);
  expect([image.equals(other), image.equals(other, { maxPixels: 200 })]).toEqual([true, true]);
  const error = (() => {
    try {
      image.toDataArray({ layout: "HWC", maxPixels: 1 });
    } catch (thrown) {
      return thrown as { code: string };
    }
  })();
  expect(error!.code).toBe("file-too-large");
});

test("a grid refuses what toDataArray refuses, naming the file", () => {
  expect(() => makeGrid([new Image(jpeg(5000, 5000))])).toThrow("the 5000×5000 jpg file of");
});
