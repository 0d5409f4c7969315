// What begins with the page: where it runs, who is signed in, and what it listens to.

import { readConfig } from "../state/config";
import { keep, kept } from "../state/kept";
import { loadMembersWords } from "../state/language.svelte";
import type { Page } from "../state/page.svelte";
import { Problem } from "../state/problem";
import { takeHandedOver } from "../state/unsaved";
import { asideAt, isForAnybody } from "../state/views";
import type { Person } from "../state/ways";
import { load } from "./drawn.svelte";

/** Somebody was signed in when this browser had the page last. */
const WAS_SIGNED_IN = "ondol.signed-in";

export async function start(page: Page): Promise<void> {
  takeHandedOver();
  page.takeInvitation();
  listen(page);
  try {
    await follow(page);
  } catch (trouble) {
    page.fail(trouble);
  }
}

/** Shows who is signed in. Nobody waits for Firebase Auth to see the way in. */
async function follow(page: Page): Promise<void> {
  if (isForAnybody(location.pathname)) {
    page.show({ kind: "estimate" });
    page.config = await readConfig();
    return;
  }
  const accounts = import("../state/accounts");
  const config = readConfig();
  page.accounts = Promise.all([accounts, config]).then(([{ Accounts }, known]) => new Accounts(known));
  const isMember = kept(WAS_SIGNED_IN) !== null;
  // what is shown next comes beside the configuration; whoever shows it says what went wrong
  void Promise.allSettled(
    isMember ? [load("home"), import("../state/member.svelte"), loadMembersWords()] : [load("signed-out")],
  );
  page.config = await config;
  if (!isMember) page.showSignedOut(null);
  const known = await page.accounts;
  await page.arriveByLink(known);
  known.watch((person) => {
    keep(WAS_SIGNED_IN, person && "yes");
    void turnTo(page, person).catch((trouble: unknown) => page.fail(trouble));
  });
}

async function turnTo(page: Page, person: Person | null): Promise<void> {
  page.member?.status.end();
  page.person = person;
  if (!person) return page.nobody();
  const loading = [import("../state/member.svelte"), page.accounts, loadMembersWords()] as const;
  const [{ Member }, accounts] = await Promise.all(loading);
  if (page.person !== person || !accounts) return; // somebody else by now
  page.member = new Member(page, accounts, person);
  page.member.arrive();
}

function listen(page: Page): void {
  // the member comes back from the editor's tab, or by the browser's Back button
  document.addEventListener("visibilitychange", () => page.member?.status.seen());
  window.addEventListener("pageshow", (event) => event.persisted && page.member?.goOn());
  window.addEventListener("popstate", () => page.member?.go(asideAt(location.pathname) ?? "home"));
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
    if (effectiveDirective === "form-action") page.fail(new Problem("blocked", "", 0));
  });
  window.addEventListener("unhandledrejection", ({ reason }) => page.fail(reason));
}
