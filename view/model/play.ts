// Going through the steps by itself: the next one comes when its time has come and the last one is on the screen.
import { effect } from "@preact/signals";
import { settled } from "./frame.ts";
import { at, follow, loop, playing, speed } from "./state.ts";
import { goTo, target, tick, ticks } from "./timeline.ts";

let direction = 1;

export function play(): void {
  if (!playing.value && loop.value !== "loop" && tick.value === ticks.value.length - 1) goTo(0);
  if (playing.value) follow.value = false;
  playing.value = !playing.value;
}

effect(() => {
  if (playing.value) run();
});

async function run(): Promise<void> {
  direction = 1;
  while (playing.peek()) {
    const began = performance.now();
    if (!advance()) {
      playing.value = false;
      return;
    }
    await settled();
    const left = 1000 / speed.peek() - (performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)));
  }
  at.value = target.peek();
}

function advance(): boolean {
  const last = ticks.peek().length - 1;
  const now = tick.peek();
  if (last < 1) return false;
  if (now >= last && direction > 0) {
    if (loop.peek() === "once") return false;
    if (loop.peek() === "loop") {
      goTo(0);
      return true;
    }
    direction = -1;
  } else if (now <= 0) {
    direction = 1;
  }
  goTo(now + direction);
  return true;
}
