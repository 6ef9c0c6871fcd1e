// Engines run new code slowly and optimize on another thread what has run often enough, so that the first large picture of a program
// took 1.5 to 1.8 times as long as the others. `ready` lets small pictures be first.

/** A side of the small picture: larger ones and more rounds make the first large picture no faster. */
const SIDE = 64;
const ROUNDS = 3;
/** What optimizing takes on the other thread; milliseconds. */
const OPTIMIZING = 5;

export interface WarmUpPicture {
  /** RGB. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Encodes a small picture by each of `encoders`, with pauses in which the thread does other things. Never rejects. */
export async function warmUp(encoders: readonly ((picture: WarmUpPicture) => void)[]): Promise<void> {
  try {
    const picture = { data: photographLike(), width: SIDE, height: SIDE };
    for (let round = 0; round < ROUNDS; round++) {
      for (const encode of encoders) {
        await pause(0);
        encode(picture);
      }
    }
    await pause(OPTIMIZING);
  } catch {
    // Some hosts (Cloudflare's workers) allow no timers while a program starts: then the first picture is slower.
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}

/** A gradient with noise: what takes longest in a photograph. */
function photographLike(): Uint8Array {
  let noise = 1;
  return Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0; // Numerical Recipes' generator
    return (i >> 8) + (noise >>> 28);
  });
}
