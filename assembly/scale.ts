// array values → 8 bits.
export {};
