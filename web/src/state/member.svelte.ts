// Whoever is signed in, with all that the page knows of them and does for them. Loaded when somebody is.

import type { Accounts } from "./accounts";
import { Api } from "./controlPlane";
import { forgetLastKnown } from "./lastKnown";
import type { Saying } from "./language.svelte";
import type { Page } from "./page.svelte";
import { pause } from "./pause";
import { isProblem } from "./problem";
import { Status } from "./status.svelte";
import * as unsaved from "./unsaved";
import { type Aside, asideAt } from "./views";
import type { Person } from "./ways";
import { Workspace } from "./workspace.svelte";

/** Milliseconds in which the control plane is to have heard of a sign-out. */
const TOLD_WITHIN = 6000;

export class Member {
  readonly api: Api;
  readonly status: Status;
  readonly workspace: Workspace;
  /** Whether there is a console for them. */
  hasRole = $state(false);

  constructor(
    readonly page: Page,
    readonly accounts: Accounts,
    readonly person: Person,
  ) {
    this.api = new Api(
      () => accounts.token(),
      () => accounts.browser,
    );
    this.status = new Status(page, this.api, person.uid);
    this.workspace = new Workspace(page, this);
    accounts.hasRole().then((has) => (this.hasRole = has), () => undefined); // without the answer there is no link
  }

  /** Shows how things stand, or what the address leads to; opens for whoever pressed Open in the editor's page. */
  arrive(): void {
    unsaved.forgetAllBut(this.person.uid);
    if (unsaved.isOpenPressed(this.person.uid)) this.workspace.open();
    else this.goOn(this.invitation());
  }

  /** Shows what the address leads to, or `otherwise` where it leads home. */
  goOn(otherwise: Aside | null = null): void {
    this.status.refresh(null, asideAt(location.pathname) ?? otherwise);
  }

  /** For whoever signed in because of an invitation, by ways that may have led elsewhere. */
  private invitation(): Aside | null {
    return this.page.view.kind === "signed-out" && this.page.invitation ? "invitation" : null;
  }

  go(to: "home" | Aside): void {
    if (to === "home") this.status.refresh();
    else {
      this.page.giveUp();
      this.page.show({ kind: to });
    }
  }

  /** Begins anew after something went wrong. */
  again(): void {
    this.status.refresh();
  }

  /**
   * The control plane is told first: an editor that is open in this browser is to close with it. Who shares a computer
   * is signed out of the page whether or not it answers. `said`: what the next one is to do.
   */
  signOut(said: Saying = ({ frame }) => frame.signedOut): void {
    this.page.begin(
      async (signal) => {
        const told = await this.isSignOutTold(signal);
        await this.leave(told ? said : ({ account }) => account.signedOutUntold);
      },
      (trouble) => this.page.fail(trouble),
    );
  }

  /** Ends everything of the sign-in here, and shows what came of it. */
  async leave(said: Saying): Promise<void> {
    this.page.leftWith = said;
    unsaved.forget();
    forgetLastKnown();
    await this.accounts.signOut();
  }

  /** The request goes on when it is not waited for any more. */
  private isSignOutTold(signal: AbortSignal): Promise<boolean> {
    const told = this.api.signOut(false).then(
      () => true,
      (trouble: unknown) => isProblem(trouble, "not-signed-in"),
    );
    return Promise.race([told, pause(TOLD_WITHIN, signal).then(() => false)]);
  }
}
