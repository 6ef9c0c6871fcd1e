// planes ⇄ interleaved, channels dropped and added.
export {};
