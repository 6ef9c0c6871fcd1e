// Random faults for the stand-in server, the same for the same seed.

/** Numbers in [0, 1): mulberry32. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Faults that an upload gets over by itself; one request in `oneIn` has one. */
export function chaosOf(random, oneIn = 4) {
  return (op) => {
    if (random() * oneIn >= 1) return undefined;
    const kind = Math.floor(random() * 7);
    if (kind === 0) return { cut: "before" };
    if (kind === 1) return { cut: "after" };
    if (kind === 2) return { status: 429, headers: { "Retry-After": String(Math.ceil(random() * 3)) } };
    if (kind === 3) return { status: [500, 502, 503, 504][Math.floor(random() * 4)] };
    if (kind === 4) return { delay: random() * 20 };
    if (kind === 5 && op === "put")
      return { status: 403, body: "<Error><Message>Request has expired</Message></Error>" };
    return undefined;
  };
}
