// A tile's planes → a record of each block, in the order of the file (T.81 A.2).
import { firstPass, secondPass } from "./dct";
import { AC, BlockRecord, COEFFICIENTS, DC, RECORD_BYTES, ZIGZAG } from "./record";

/**
 * Fills `masks`, 8 × 256 u64: which positions in zigzag order the bits of one byte of a block's mask are. The OR of one
 * entry a byte turns the mask into zigzag order.
 */
export function jpegFillMasks(masks: usize): void {
  for (let k = 0; k < 64; k++) {
    const position = <usize>load<u8>(ZIGZAG + k) >> 1;
    store<u64>(masks + ((position >> 3) << 11) + (8 << (position & 7)), (<u64>1) << k);
  }
  for (let row = masks; row < masks + 16384; row += 2048) {
    store<u64>(row, 0);
    for (let i: usize = 3; i < 256; i++) {
      const rest = i & (i - 1);
      store<u64>(row + (i << 3), load<u64>(row + (rest << 3)) | load<u64>(row + ((i ^ rest) << 3)));
    }
  }
}

// @ts-ignore: decorator
@inline
function inZigzagOrder(bits: u64, masks: usize): u64 {
  return (
    load<u64>(masks + (<usize>(bits & 255) << 3)) |
    load<u64>(masks + (<usize>((bits >> 8) & 255) << 3), 2048) |
    load<u64>(masks + (<usize>((bits >> 16) & 255) << 3), 4096) |
    load<u64>(masks + (<usize>((bits >> 24) & 255) << 3), 6144) |
    load<u64>(masks + (<usize>((bits >> 32) & 255) << 3), 8192) |
    load<u64>(masks + (<usize>((bits >> 40) & 255) << 3), 10240) |
    load<u64>(masks + (<usize>((bits >> 48) & 255) << 3), 12288) |
    load<u64>(masks + (<usize>(bits >> 56) << 3), 14336)
  );
}

/** Whether more than 15 zeros precede a coefficient, `nonZero` being in zigzag order. */
// @ts-ignore: decorator
@inline
function hasLongRun(nonZero: u64): bool {
  let near = nonZero | 1;
  near |= near << 1;
  near |= near << 2;
  near |= near << 4;
  near |= near << 8;
  return (nonZero & ~(near << 1)) != 0;
}

/** One block of an MCU, of which src/encode/jpeg.ts makes a list. */
@unmanaged
class BlockPlan {
  /** The samples of the block in the tile's first MCU, and the bytes to the same block of the next MCU. */
  samples: usize;
  step: usize;
  /** Where the DC before it is kept (i32). */
  predictor: usize;
  /** Reciprocals of its quantization table. */
  quant: usize;
  /** Its Huffman tables: 0 or 1. */
  table: i32;
  /** When it lies outside of the picture: bit 0, in the last MCU of a row; bit 1, in the last row of MCUs. */
  outside: u32;
}

/**
 * Writes records of the blocks of `mcus` MCUs of a tile from `out` on; returns their end. `plan` lists the `blocks`
 * blocks of an MCU. `edge` and `lastEdge` say which bits of `outside` hold for the first MCUs and for the last one. A
 * block outside repeats the DC before it.
 */
export function jpegTransformBlocks(
  plan: usize, blocks: i32, mcus: i32, edge: u32, lastEdge: u32, masks: usize, out: usize,
): usize {
  const planEnd = plan + <usize>blocks * offsetof<BlockPlan>();
  let at = out;
  let pending = PENDING;
  for (let m = 0; m < mcus; m++) {
    const outside = m == mcus - 1 ? lastEdge : edge;
    for (let entry = plan; entry < planEnd; entry += offsetof<BlockPlan>(), at += RECORD_BYTES) {
      const block = changetype<BlockPlan>(entry);
      const record = changetype<BlockRecord>(at);
      record.nonZero = 0;
      record.irregular = false;
      record.acToken = <u16>(AC + (block.table << 11));
      if (!(block.outside & outside) && firstPass(block.samples + <usize>m * block.step, block.quant, at)) {
        store<u32>(pending, <u32>at);
        store<u32>(pending, <u32>block.quant, 4);
        pending += 8;
      }
    }
  }
  for (let p = PENDING; p < pending; p += 8) {
    const record = changetype<BlockRecord>(load<u32>(p));
    secondPass(load<u32>(p), load<u32>(p, 4));
    record.nonZero = inZigzagOrder(record.nonZero, masks);
    if (hasLongRun(record.nonZero)) record.irregular = true;
  }
  predict(plan, planEnd, mcus, edge, lastEdge, out);
  return at;
}

/** Records that wait for the second pass, each with the reciprocals of its quantization table: 256 at most. */
const PENDING: usize = memory.data(8 * 256, 8);

/** The differences from one DC to the next of the component. */
function predict(plan: usize, planEnd: usize, mcus: i32, edge: u32, lastEdge: u32, at: usize): void {
  for (let m = 0; m < mcus; m++) {
    const outside = m == mcus - 1 ? lastEdge : edge;
    for (let entry = plan; entry < planEnd; entry += offsetof<BlockPlan>(), at += RECORD_BYTES) {
      const block = changetype<BlockPlan>(entry);
      let difference = 0;
      if (!(block.outside & outside)) {
        const dc = <i32>load<i16>(at, COEFFICIENTS);
        assert(abs(dc) <= 1024);
        difference = dc - load<i32>(block.predictor);
        store<i32>(block.predictor, dc);
      }
      changetype<BlockRecord>(at).dcToken = <u16>(DC + (block.table << 12) + 2048 + difference);
    }
  }
}
