// Bits of the stream, the first lowest (RFC 1951, 3.1.1). Loops over many symbols keep `bits`, `count` and `out` in
// locals, which V8 holds in registers, and put them back when they end.
import { get, Stream } from "./state";

/** At most 56 bits. */
// @ts-ignore: decorator
@inline
export function writeBits(state: Stream, bits: u64, count: u64): void {
  const buffer = state.bits | (bits << state.count);
  const total = state.count + count;
  store<u64>(state.out, buffer);
  state.out += <usize>(total >> 3);
  state.bits = buffer >> (total & 56);
  state.count = total & 7;
}

/** The code of a symbol. */
// @ts-ignore: decorator
@inline
export function writeCode(state: Stream, codes: usize, symbol: i32): void {
  const code = <u32>get(codes, symbol);
  writeBits(state, code >> 8, code & 255);
}

/** Zeros up to the next whole byte. */
export function alignToByte(state: Stream): void {
  if (state.count > 0) writeBits(state, 0, 8 - state.count);
}

/** Bytes as they are, in stored blocks (RFC 1951, 3.2.4). */
export function writeStored(stream: usize, src: usize, n: i32): void {
  const state = changetype<Stream>(stream);
  for (; n > 0; ) {
    const size = min(n, 65535);
    writeBits(state, 0, 3);
    alignToByte(state);
    store<u32>(state.out, size | (~size << 16));
    memory.copy(state.out + 4, src, size);
    state.out += 4 + size;
    src += size;
    n -= size;
  }
}
