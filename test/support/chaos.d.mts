import type { Rule } from "./wandb-server.mjs";

export declare function randomOf(seed: number): () => number;
export declare function chaosOf(random: () => number, oneIn?: number): (op: string) => Partial<Rule> | undefined;
