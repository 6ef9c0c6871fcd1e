// What W&B fixes of its files, for those that write, read, repair and upload them.

// The .wandb file is LevelDB's log format (core/pkg/leveldb/record.go, wandb/sdk/internal/datastore.py): 7 bytes of file
// header, then blocks of 32 KiB at absolute offsets, holding chunks:
//
//   u32 crc (little-endian, of type and payload) · u16 payload length · u8 type · payload
//
// The CRC is the plain IEEE one: datastore.py's comment says crc32c, its code and Go's use zlib's.
export const BLOCK_BYTES = 32768;
export const CHUNK_HEADER_BYTES = 7;
export const ChunkType = { FULL: 1, FIRST: 2, MIDDLE: 3, LAST: 4 } as const;

/** ":W&B", the magic 0xBEE1 little-endian, version 0. Part of the first block. */
export const FILE_HEADER = Uint8Array.of(0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0x00);

/** W&B's client leaves out longer lines of history (core/internal/filestream): (10 << 20) − (100 << 10). */
export const MAX_LINE_BYTES = 10_383_360;

/** W&B shows at most this many images of a list. */
export const MAX_ITEMS = 108;
