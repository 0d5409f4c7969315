// Whole numbers that an operator types, and the most that the control plane takes.

import { language } from "../state/language.svelte";

export const MOST_OPEN = 100_000;
export const MOST_OPENS_AN_HOUR = 240;
export const MOST_MINUTES = 60_000;
export const MOST_SLOTS = 1_000;
export const MOST_WEEKS = 12;
/** US cents. */
export const DEAREST_MISS = 10_000;
export const HOURS_OF_DAY = 24;

/** Null of an empty field, undefined of what is no whole number from `least` to `most`. */
export function wholeNumber(text: string, least: number, most: number): number | null | undefined {
  const typed = text.trim();
  if (typed === "") return null;
  const number = Number(typed);
  return /^\d+$/.test(typed) && number >= least && number <= most ? number : undefined;
}

/** A part of one as a percentage. */
export function part(of: number): string {
  return `${(100 * of).toFixed(1)} %`;
}

/** Numbers one after another, equal ones together: 8×0, 10×3. */
export function runs(numbers: number[]): string {
  const found: { number: number; times: number }[] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last?.number === number) last.times += 1;
    else found.push({ number, times: 1 });
  }
  return found.map(({ number, times }) => `${times}×${number}`).join(", ");
}

/** US dollars between two bounds, in cents. */
export function dollars(low: number, high: number): string {
  const shown = (amount: number) =>
    new Intl.NumberFormat(language(), { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" }).format(amount);
  const [least, most] = [shown(low), shown(high)];
  return least === most ? least : `${least} – ${most}`;
}
