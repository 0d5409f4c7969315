// Starts the page: reads where it runs, and then follows who is signed in.

import { Accounts } from "./account";
import { AccountActions } from "./actions/account";
import { historyActions } from "./actions/history";
import { usageActions } from "./actions/usage";
import { workspaceActions } from "./actions/workspace";
import { Api, Problem } from "./api";
import { readConfig } from "./config";
import { Page } from "./page";
import { Standing } from "./standing";
import * as unsaved from "./unsaved";

const page = new Page();
const standing = new Standing(page);
const account = new AccountActions(page);
const workspace = workspaceActions(page, standing, () => account.verify(null));
page.actions = Object.assign(account, workspace, historyActions(page), usageActions(page));

async function start(): Promise<void> {
  unsaved.takeHandedOver();
  watchPage();
  page.paint();
  const config = await readConfig();
  page.version = config.version;
  page.accounts = new Accounts(config);
  page.api = new Api(
    () => page.accounts.token(),
    () => page.accounts.browser,
  );
  page.accounts.watch((person) => {
    page.person = person;
    if (person) {
      unsaved.forgetAllBut(person.uid);
      standing.refresh();
    } else account.nobody();
  });
}

function watchPage(): void {
  // the member comes back from the editor's tab, or by the browser's Back button
  document.addEventListener("visibilitychange", () => standing.seen());
  window.addEventListener("pageshow", (event) => event.persisted && page.person && standing.refresh());
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
    if (effectiveDirective === "form-action") page.fail(new Problem("blocked", "", 0));
  });
  window.addEventListener("unhandledrejection", ({ reason }) => page.fail(reason));
}

start().catch((trouble: unknown) => page.fail(trouble));
