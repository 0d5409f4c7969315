// Days in a time zone.

/** The date that it is in a time zone, such as 2026-11-23; `moment` in milliseconds. */
export function dateIn(zone: string, moment: number): string {
  return new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeZone: zone }).format(moment);
}

/** When the next day begins in a time zone: Unix seconds. `moment` in milliseconds. */
export function nextDayIn(zone: string, moment: number): number {
  const hour = 3_600_000;
  let [before, after] = [moment, moment + 26 * hour]; // no day is longer
  const today = dateIn(zone, moment);
  while (after - before > 1000) {
    const between = (before + after) / 2;
    if (dateIn(zone, between) === today) before = between;
    else after = between;
  }
  return Math.round(after / 60_000) * 60;
}
