// Signing in by a link in a mail: what of it stands in the page's address, and what this browser remembers of it.

import { keep, kept } from "./kept";

const SENT_TO = "ondol.link-sent-to";
/** What Firebase Auth adds to the address to which its mail leads. */
const ADDED = ["apiKey", "oobCode", "mode", "lang", "continueUrl", "tenantId"];

/** To which address this browser had a link sent; null if it was another browser. */
export function linkSentTo(): string | null {
  return kept(SENT_TO);
}

export function rememberLink(address: string | null): void {
  keep(SENT_TO, address);
}

/** Where the link leads to: the page as it is now, without what an earlier link has added. */
export function addressWithoutLink(): string {
  const address = new URL(location.href);
  for (const name of ADDED) address.searchParams.delete(name);
  return address.href;
}
