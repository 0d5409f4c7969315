// Dollars and counts as the estimate shows them.

import type { Between } from "../../api";
import { language } from "../../state/language.svelte";

/** As exact as the amount is large, or as another one that stands beside it. */
export function dollarsOf(amount: number, beside = amount): string {
  const digits = beside >= 100 ? 0 : beside >= 1 || beside === 0 ? 2 : 3;
  const style = { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(language(), style).format(amount);
}

export function rangeOf({ low, high }: Between): string {
  const [from, to] = [dollarsOf(low, high), dollarsOf(high)];
  return from === to ? from : `${from} – ${to}`;
}

export function countOf(number: number): string {
  return new Intl.NumberFormat(language(), { maximumFractionDigits: 2 }).format(number);
}

export function timesOf({ low, high }: Between): string {
  const rounded = (times: number) => countOf(times >= 10 ? Math.round(times) : Math.round(times * 10) / 10);
  const [from, to] = [rounded(low), rounded(high)];
  return from === to ? from : `${from} – ${to}`;
}

export function partOf(part: number): string {
  return new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: part < 0.1 ? 1 : 0 }).format(part);
}
