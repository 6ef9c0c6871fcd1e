// The same pixels in Node and in every browser, so that the files made of them can be compared byte for byte.

/** RGBA, opaque: a gradient, flat areas and noise. */
export function picture(width, height, seed = 1) {
  const data = new Uint8ClampedArray(width * height * 4);
  let state = seed;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const noise = y * 3 > height ? state >>> 29 : 0;
      data[i] = (x * 255) / width + noise;
      data[i + 1] = x * 2 < width ? 40 : (y * 255) / height;
      data[i + 2] = 255 - data[i] + noise;
      data[i + 3] = 255;
    }
  }
  return data;
}

/** Files of every type, effort and form, as [name, bytes]; without SIMD none is written in CMYK. */
export function encodings(Image, simd = true) {
  const [width, height] = [331, 247];
  const rgba = picture(width, height);
  const rgb = rgba.filter((_, i) => i % 4 !== 3);
  const unit = Float32Array.from(rgb, (value) => value / 255);
  const decoded = { data: rgba, width, height };
  const translucent = { ...decoded, data: rgba.map((value, i) => (i % 4 === 3 ? i >> 6 : value)) };
  const gray = { ...decoded, data: rgba.map((_, i) => (i % 4 === 3 ? 255 : rgba[i & ~3])) };
  const array = { data: unit, shape: [height, width, 3] };
  const onWarning = () => {};
  return [
    ["png fast", decoded, {}],
    ["png balanced", decoded, { compression: "balanced" }],
    ["png small", decoded, { compression: "small" }],
    ["png of float32", array, {}],
    ["png of CHW", { data: unit, shape: [3, height, width] }, { layout: "CHW" }],
    ["png in mode L", array, { mode: "L" }],
    ["png in mode LA", translucent, { mode: "LA" }],
    ["png in mode 1", array, { mode: "1" }],
    ["png in mode P, dithered", array, { mode: "P" }],
    ["png in mode P, octree", translucent, { mode: "P" }],
    ["png in mode I;16", array, { mode: "I;16" }],
    ["png of 16 bits", array, { bitDepth: 16 }],
    ["png with alpha", translucent, {}],
    ["png of gray RGBA", gray, {}],
    ["png small with alpha", translucent, { compression: "small" }],
    ["jpeg", decoded, { fileType: "jpg" }],
    ["jpeg 4:4:4", array, { fileType: "jpeg", quality: 91, subsampling: "4:4:4" }],
    ["jpeg in gray", array, { fileType: "jpg", mode: "L" }],
    ...(simd ? [["jpeg in CMYK", decoded, { fileType: "jpg", mode: "CMYK" }]] : []),
    ["bmp", decoded, { fileType: "bmp" }],
  ].map(([name, input, options]) => [name, new Image(input, { ...options, onWarning }).bytes]);
}

const ARRAYS = {
  bool: Uint8Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  float16: Uint16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float64: Float64Array,
};

/** What `Image` answers for each of the vectors: mode, bytes after the range rule, file (or the words of the refusal). */
export function answers(Image, { cases }, bin) {
  return cases.map(({ id, dtype, shape, layout, input, normalize, mode, fileType }) => {
    const data = new ARRAYS[dtype](bin.slice(input[0], input[0] + input[1]));
    const array = { data, shape, dtype, ...(shape.length === 3 && { layout }) };
    const given = shape.length === 3 ? { layout } : {};
    const options = { ...given, normalize, onWarning: () => {}, ...(mode && { mode }), ...(fileType && { fileType }) };
    const answer = { id };
    try {
      answer.guessMode = Image.guessMode(array, { ...given, ...(fileType && { fileType }) });
      answer.uint8 = Image.toUint8(array, { ...given, normalize }).data;
      const image = new Image(array, options);
      answer.mode = image.mode;
      answer.file = image.bytes;
    } catch (error) {
      answer.error = String(error);
    }
    return answer;
  });
}
