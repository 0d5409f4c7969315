// A payment that is missing: what follows from it and when, and what the button is called that does something about it.

import type { PaidForView } from "../../api";
import { words } from "../../state/language.svelte";
import { timeOf } from "../../state/shown";

/** Null if no payment is missing. */
export function missingPayment({ reason, until, subscribed }: Omit<PaidForView, "plan">, plan: string, ofTeam: boolean): string | null {
  const { retrying, unpaid, teamUnpaid, paused, teamPaused, incomplete } = words().plans;
  if (reason === "retrying") return retrying(plan, until === null ? null : timeOf(until));
  if (reason === "unpaid") return ofTeam ? teamUnpaid : unpaid(plan);
  if (reason === "paused") return ofTeam ? teamPaused : paused(plan);
  return subscribed && reason === "nothing-bought" ? incomplete : null;
}

/** Of the button that leads to cards, invoices and cancellation. */
export function portalButton(reason: PaidForView["reason"] | undefined): string {
  const { checkCard, payInvoice, portal } = words().plans;
  return reason === "retrying" ? checkCard : reason === "unpaid" ? payInvoice : portal;
}
