// Times, lengths and sizes as the page shows them, in the language that is spoken.

import { language, words } from "./language.svelte";

const UNITS = ["kilobyte", "megabyte", "gigabyte"] as const;

/** Bytes in the largest unit that makes a whole one of them: 1.2 GB. */
export function sizeOf(bytes: number): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length);
  // Intl writes "0 byte" and "0byte"
  if (step === 0) return language() === "ko" ? `${bytes}B` : `${bytes} B`;
  const style = { style: "unit", unit: UNITS[step - 1], maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(language(), style).format(bytes / 1000 ** step);
}

/** US dollars, as the plan table has them. */
export function priceOf(dollars: number): string {
  const style = { style: "currency", currency: "USD", maximumFractionDigits: 0 } as const;
  return new Intl.NumberFormat(language(), style).format(dollars);
}

/** The time of day, with the date when it isn't today; `moment` in Unix seconds. */
export function timeOf(moment: number): string {
  const date = new Date(moment * 1000);
  const today = date.toDateString() === new Date().toDateString();
  const style = today ? { timeStyle: "short" as const } : { dateStyle: "medium" as const, timeStyle: "short" as const };
  return new Intl.DateTimeFormat(language(), style).format(date);
}

/** How long so many seconds are: hours and minutes, and seconds where there is no whole minute. */
export function lengthOf(seconds: number): string {
  const { hours, minutes, left } = words().common;
  if (seconds < 60) return left(Math.floor(seconds));
  const whole = Math.floor(seconds / 60);
  const parts = [whole >= 60 && hours(Math.floor(whole / 60)), whole % 60 > 0 && minutes(whole % 60)];
  return parts.filter(Boolean).join(" ");
}

/** Whole minutes of so many milliseconds, the one under way counted, and one at least. */
export function minutesLeft(milliseconds: number): string {
  return words().common.minutes(Math.max(1, Math.ceil(milliseconds / 60_000)));
}

/** Whole minutes of so many milliseconds that have passed, one at least. */
export function minutesPassed(milliseconds: number): string {
  return words().common.minutes(Math.max(1, Math.floor(milliseconds / 60_000)));
}

export function browsersZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
