// What every environment must answer alike, file for file.
export function answer({ Image }, { encodePng, encodeJpeg }) {
  const pixels = {
    data: Uint8Array.from({ length: 37 * 23 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * i) >> 3)),
    width: 37,
    height: 23,
  };
  const array = { data: Float32Array.from({ length: 300 }, (_, i) => i / 299), shape: [10, 10, 3] };
  const files = [
    new Image(pixels).bytes,
    new Image(pixels, { fileType: "jpg" }).bytes,
    new Image(array, { fileType: "bmp", caption: "a ramp" }).bytes,
    encodePng(pixels, { compression: "small" }),
    encodeJpeg(pixels, { quality: 50 }),
  ];
  return JSON.stringify({ files: files.map((bytes) => Array.from(bytes)), sha256: new Image(pixels).sha256 });
}
