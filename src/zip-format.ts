// Signatures of a zip's records (APPNOTE.TXT 4.3), which log/ writes and read/ reads.
export const LOCAL_HEADER = 0x04034b50;
export const CENTRAL_HEADER = 0x02014b50;
export const END = 0x06054b50;
