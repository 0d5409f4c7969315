// What a lost session could not save: texts that the editor's page hands over as it leads back here. They are kept in this
// browser for the member who typed them, and given to the next session's editor. No server ever has them.

import type { Login } from "./controlPlane";

const KEPT = "ondol.unsaved";
const SEAL = "ondol.seal";
// characters of an address that the editor's page makes at most, and some more
const MOST = 600_000;

/** `packed` is the editor's own business. */
interface Kept {
  uid: string;
  names: string[];
  packed: string;
  /** The session that it was given to. */
  given: string | null;
}

/** By this the editor's page is known again: nobody else can put texts into a member's next session. */
interface Seal {
  uid: string;
  seal: string;
}

/** Who pressed Open in the editor's page, or "Open in a new tab" in this one. */
let opener: string | null = null;

/** Takes what the address carries, and clears it away. A link of somebody else's does not know the seal. */
export function takeHandedOver(): void {
  const carried = new URLSearchParams(location.hash.slice(1));
  if (!carried.has("seal")) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  const own = read<Seal>(SEAL);
  if (!own || carried.get("seal") !== own.seal) return;
  if (carried.get("open") === "1") opener = own.uid;
  const names = namesOf(carried.get("names"));
  const packed = carried.get("unsaved") ?? "";
  if (!packed || !names || packed.length > MOST) return;
  write(KEPT, { uid: own.uid, names, packed, given: null } satisfies Kept);
}

/** Whether the member has pressed in another page what led here: Open on an ended session, or the way to a new tab. Once. */
export function isOpenPressed(uid: string): boolean {
  const pressed = opener === uid;
  opener = null;
  return pressed;
}

/** The names of what is kept for the member and no session has got. */
export function keptFor(login: Login): string[] {
  const kept = read<Kept>(KEPT);
  if (kept?.uid !== login.account.uid) return [];
  if (kept.given === null) return kept.names;
  if (kept.given === login.session?.session) return []; // its editor has them, and asks
  if (login.session === null && login.last?.reason === "lost") return kept.names;
  discard();
  return [];
}

/** What goes along into a session, as an address's fragment. */
export function giveAlong(uid: string, session: string): string {
  const along = new URLSearchParams({ seal: sealOf(uid) });
  const kept = read<Kept>(KEPT);
  if (kept?.uid === uid) {
    along.set("unsaved", kept.packed);
    write(KEPT, { ...kept, given: session } satisfies Kept);
  }
  return `#${along}`;
}

/** The address of this page that opens the member's workspace by itself, for a tab beside it. */
export function openingAddress(uid: string): string {
  return `/#${new URLSearchParams({ seal: sealOf(uid), open: "1" })}`;
}

export function discard(): void {
  localStorage.removeItem(KEPT);
}

/** Of whoever signs out nothing stays here. */
export function forget(): void {
  discard();
  localStorage.removeItem(SEAL);
}

/** Somebody signed in: what is kept of anybody else goes. */
export function forgetAllBut(uid: string): void {
  if (read<Kept>(KEPT)?.uid !== uid) discard();
  if (read<Seal>(SEAL)?.uid !== uid) localStorage.removeItem(SEAL);
}

function sealOf(uid: string): string {
  let own = read<Seal>(SEAL);
  if (own?.uid !== uid) {
    own = { uid, seal: crypto.randomUUID() };
    write(SEAL, own);
  }
  return own.seal;
}

function namesOf(text: string | null): string[] | null {
  try {
    const names: unknown = JSON.parse(text ?? "");
    if (!Array.isArray(names) || names.length > 20) return null;
    // without signs that could change how the text around them is read
    return names.map((name) => String(name).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?").slice(-60));
  } catch {
    return null;
  }
}

function read<Record>(key: string): Record | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") as Record | null;
  } catch {
    return null;
  }
}

function write(key: string, record: object): void {
  try {
    localStorage.setItem(key, JSON.stringify(record));
  } catch {
    // the browser keeps nothing for this page
  }
}
