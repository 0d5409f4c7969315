// Sizes as the page shows them.

import { language } from "./language";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** Bytes in the largest unit that makes a whole one of them: 1.2 GB. */
export function sizeOf(bytes: number): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const style = { style: "unit", unit: UNITS[step], maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(language(), style).format(bytes / 1000 ** step);
}
