// The table of contents of the wasm module. Kernels take pointers and counts, allocate nothing and import nothing;
// src/kernels.ts places the bytes and calls them.
export * from "./memory";
export * from "./array/range";
export * from "./array/scale";
export * from "./array/layout";
export * from "./pixels/looks";
export * from "./pixels/modes";
export * from "./array/argmax";
export { crc32 } from "./checksum";
export * from "./png/filter";
export * from "./png/palette";
export * from "./pixels/samples";
export { streamBytes } from "./deflate/state";
export { writeLiterals } from "./deflate/block";
export { deflateBegin, deflateStrip, deflateEnd } from "./deflate/stream";
export * from "./jpeg/jpeg";
export * from "./pixels/bmp";
