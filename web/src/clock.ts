// Time as the page shows it: pauses, running stopwatches, countdowns.

import { language, words } from "./language";

/** Raises AbortError as soon as `signal` says so. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    function stop() {
      clearTimeout(timer);
      reject(signal.reason);
    }
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** An element that tells how long it is since `start` (milliseconds of performance.now). */
export function stopwatch(start: number, end?: number): HTMLElement {
  return ticking(() => words().lasted(((end ?? performance.now()) - start) / 1000));
}

/** An element that tells the whole seconds left until `end` (milliseconds of performance.now). */
export function countdown(end: number): HTMLElement {
  return ticking(() => words().left(Math.max(0, Math.ceil((end - performance.now()) / 1000))));
}

const faces = new Map<HTMLElement, () => string>();

function ticking(text: () => string): HTMLElement {
  const face = document.createElement("span");
  face.className = "clock";
  face.textContent = text();
  faces.set(face, text);
  return face;
}

setInterval(() => {
  for (const [face, text] of faces) {
    if (face.isConnected) face.textContent = text();
    else faces.delete(face);
  }
}, 100);

/** The time of day, with the date when it isn't today; `moment` in Unix seconds. */
export function timeOf(moment: number): string {
  const date = new Date(moment * 1000);
  const today = date.toDateString() === new Date().toDateString();
  const style = today ? { timeStyle: "short" as const } : { dateStyle: "medium" as const, timeStyle: "short" as const };
  return new Intl.DateTimeFormat(language(), style).format(date);
}
