// Looking at what was used, month by month, and moving to another time zone.

import type { Usage } from "../api";
import { keep } from "../dom";
import { words } from "../language";
import type { Page } from "../page";
import { together, type UsageActions } from "../usage";

export function usageActions(page: Page): Omit<UsageActions, "again"> {
  /** Shows what was used in a month, with what came of something before. */
  function look(month: string | null, said: string | null, trouble: unknown = null): void {
    const before = page.view.kind === "usage" ? page.view.shown : { usage: null, newest: null };
    const told = (usage: Usage | null, newest: string | null) =>
      page.show({ kind: "usage", shown: { usage, newest, said }, trouble }, said ?? "");
    told(before.usage, before.newest);
    page.begin(
      async (signal) => {
        const usage = await page.api.usage(month, null, signal);
        told(usage, month === null ? usage.month : before.newest);
      },
      (worse) => page.fail(worse),
    );
  }

  return {
    usage: (month: string | null) => look(month, null),

    usageRest(next: string): void {
      if (page.view.kind !== "usage" || page.view.shown.usage === null) return;
      const { shown } = page.view;
      const before = page.view.shown.usage;
      page.begin(
        async (signal) => {
          const usage = together(before, await page.api.usage(before.month, next, signal));
          page.show({ kind: "usage", shown: { ...shown, usage }, trouble: null });
        },
        (trouble) => page.show({ kind: "usage", shown, trouble }),
      );
    },

    usageTable(month: string): void {
      page.begin(
        async (signal) => keep(await page.api.usageTable(month, signal), `ondol-usage-${month}.csv`),
        (trouble) => look(month, null, trouble),
      );
    },

    changeZone(zone: string): void {
      page.begin(
        async (signal) => {
          await page.api.changeZone(zone, signal);
          look(null, words().zoneChanged(zone));
        },
        (trouble) => look(null, null, trouble),
      );
    },
  };
}
