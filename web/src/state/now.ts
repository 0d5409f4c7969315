// The present moment, for what is drawn anew as time passes. Nothing runs while nobody looks at it.

import { createSubscriber } from "svelte/reactivity";

/** Milliseconds of performance.now; whoever reads it in a template or an effect is called again ten times a second. */
export function now(): number {
  tenths();
  return performance.now();
}

/** The same, once a second. */
export function nowBySecond(): number {
  seconds();
  return performance.now();
}

const tenths = every(100);
const seconds = every(1000);

function every(milliseconds: number): () => void {
  return createSubscriber((update) => {
    const timer = setInterval(update, milliseconds);
    return () => clearInterval(timer);
  });
}
