// The token of an invitation's link. It leaves the address at once, and this tab keeps it until it is used or given up.

import { keep, kept } from "./kept";
import paths from "./paths.json";

const KEY = "ondol.invitation";
const IN_TAB = "sessionStorage";

/** From the address, from the tab in which a link to sign in was asked for, or as this tab has kept it. */
export function takeInvitation(): string | null {
  const linked = location.pathname === paths.invitation && location.hash.slice(1);
  if (linked) history.replaceState(history.state, "", location.pathname);
  const token = linked || kept(KEY) || kept(KEY, IN_TAB);
  keepInvitation(token);
  return token;
}

export function keepInvitation(token: string | null): void {
  keep(KEY, null);
  keep(KEY, token, IN_TAB);
}

/** For the tab that the link of a mail opens, in this browser. */
export function handOver(token: string | null): void {
  keep(KEY, token);
}
