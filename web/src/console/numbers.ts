// Whole numbers that an operator types, and the most that the control plane takes.

export const MOST_OPEN = 100_000;
export const MOST_OPENS_AN_HOUR = 240;
export const MOST_MINUTES = 60_000;
export const MOST_SLOTS = 1_000;

/** Null of an empty field, undefined of what is no whole number from `least` to `most`. */
export function wholeNumber(text: string, least: number, most: number): number | null | undefined {
  const typed = text.trim();
  if (typed === "") return null;
  const number = Number(typed);
  return /^\d+$/.test(typed) && number >= least && number <= most ? number : undefined;
}
