// The table of contents of the wasm module. Kernels take pointers and counts, allocate nothing and import nothing;
// src/kernels.ts places the bytes and calls them.
export * from "./memory";
export * from "./range";
export * from "./scale";
export * from "./layout";
export * from "./looks";
export * from "./modes";
export * from "./argmax";
export { crc32 } from "./checksum";
export * from "./filter";
export * from "./palette";
export * from "./samples";
export { deflateBegin, deflateStrip, deflateEnd, streamBytes, writeLiterals } from "./deflate";
export * from "./jpeg";
export * from "./bmp";
