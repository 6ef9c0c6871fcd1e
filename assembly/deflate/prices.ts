// What matches cost in bits, by the code lengths of the bytes measured before: the next ones are like them.
import { COST_BYTES, COSTS, FILTERED, get, NEW_LENGTHS, put, Stream, UNFILTERED } from "./state";
import {
  distanceSymbol, FIRST_LENGTH, lengthExtraBits, lengthSymbol, MAX_MATCH, MIN_MATCH,
} from "./symbols";

/** Bits, times 64, that a match saves beside literals at `literal` each; one longer than 258 is written in pieces. */
// @ts-ignore: decorator
@inline
export function savedBits(costs: usize, literal: i32, length: usize, distance: usize): i32 {
  const pieces = length <= MAX_MATCH ? 1 : <i32>(length / MAX_MATCH) + 1;
  const cost = get(costs, <i32>min<usize>(length, MAX_MATCH)) + get(costs, 260 + distanceSymbol(<u32>distance - 1));
  return <i32>length * literal - cost * pieces;
}

/**
 * Prices until a strip has told its own: every symbol has 5 bits, but for the shortest lengths. Where matches
 * are short they are most, and at 5 bits many would not be taken.
 */
export function startPrices(stream: usize): void {
  const state = changetype<Stream>(stream);
  state.filteredLiteral = 5 << 6;
  state.unfilteredLiteral = 6 << 6;
  memory.fill(stream + NEW_LENGTHS, 5, 320);
  store<u32>(stream + NEW_LENGTHS + FIRST_LENGTH, 0x04040402);
  updateCosts(stream, FILTERED, stream + NEW_LENGTHS);
  updateCosts(stream, UNFILTERED, stream + NEW_LENGTHS);
}

/** Prices matches of a kind of rows by code lengths. */
export function updateCosts(stream: usize, kind: usize, lengths: usize): void {
  const costs = stream + COSTS + kind * COST_BYTES;
  for (let length = MIN_MATCH; length <= MAX_MATCH; length++) {
    const bits = <i32>load<u8>(lengths + FIRST_LENGTH + lengthSymbol(length));
    put(costs, length, ((bits == 0 ? 12 : bits) + lengthExtraBits(length)) << 6);
  }
  for (let symbol: u32 = 0; symbol < 30; symbol++) {
    const bits = <i32>load<u8>(lengths + 288 + symbol);
    put(costs, 260 + symbol, ((bits == 0 ? 9 : bits) + (symbol < 4 ? 0 : (symbol >> 1) - 1)) << 6);
  }
}
