// The member's sign-in and account: signing in and out, verifying the address, deleting all of it.

import type { Way } from "../account";
import { Problem } from "../api";
import { pause } from "../clock";
import { words } from "../language";
import type { LeavingActions } from "../leaving";
import type { Page } from "../page";
import * as unsaved from "../unsaved";
import type { SignInActions } from "../view";
import type { VerifyingActions } from "../verifying";

/** Milliseconds between two looks whether the address is verified. */
const VERIFIED_EVERY = 3000;
/** Milliseconds in which the control plane is to have heard of a sign-out. */
const TOLD_WITHIN = 6000;

export class AccountActions implements SignInActions, Omit<LeavingActions & VerifyingActions, "again"> {
  /** What is to be said when nobody is signed in any more. */
  private leftWith: string | null = null;

  constructor(private readonly page: Page) {}

  signIn = (way: Way): void => {
    way.signIn().catch((trouble: unknown) => this.page.showSignedOut(trouble));
  };

  /**
   * The control plane is told first: an editor that is open in this browser is to close with it. Who shares a computer
   * is signed out of the page whether or not it answers.
   */
  signOut = (): void => {
    this.page.begin(
      async (signal) => this.leave((await this.isSignOutTold(signal)) ? words().signedOut : words().signedOutUntold),
      (trouble) => this.page.fail(trouble),
    );
  };

  signOutEverywhere = (): void => {
    this.page.begin(
      async () => {
        await this.page.api.signOut(true);
        await this.leave(words().everywhereDone);
      },
      (trouble) => this.showLeaving(false, trouble),
    );
  };

  askToDelete = (asked: boolean): void => this.showLeaving(asked);

  deleteAccount = (): void => {
    this.page.begin(
      async (signal) => {
        if (!(await this.page.accounts.showAgain())) return;
        await this.page.api.deleteAccount(signal);
        await this.leave(words().deleted);
      },
      (trouble) => this.showLeaving(false, trouble),
    );
  };

  sendMail = (address: string | null): void => {
    const to = address ?? this.page.person?.email ?? "";
    this.page.begin(
      async () => {
        await this.page.accounts.sendMail(address);
        this.verify(to);
      },
      (trouble) => this.verify(null, trouble),
    );
  };

  verified = (): void => {
    const { view } = this.page;
    if (view.kind === "verifying") this.verify(view.verifying.sentTo);
  };

  /** Shows how the address is verified, and goes on once it is: with `sentTo`, the mail is on its way. */
  verify(sentTo: string | null, trouble: unknown = null): void {
    const { page } = this;
    const address = page.person?.email ?? null;
    page.show({ kind: "verifying", verifying: { address, sentTo }, trouble }, sentTo ? words().verifySent(sentTo) : "");
    if (sentTo === null) return;
    page.begin(
      async (signal) => {
        try {
          while (!(await page.accounts.isVerified())) await pause(VERIFIED_EVERY, signal);
        } catch (trouble) {
          signal.throwIfAborted();
          if (address !== null || !isSignInOver(trouble)) throw trouble;
          // a new address ends the sign-ins from before it
          await page.accounts.signOut();
          page.showSignedOut(null, words().verifiedSignIn, words().signedOut);
          return;
        }
        signal.throwIfAborted();
        page.actions.open();
      },
      (worse) => this.verify(sentTo, worse),
    );
  }

  /** Nobody is signed in, or no longer. */
  nobody(): void {
    const { page } = this;
    if (page.view.kind === "signed-out") return;
    page.known = null;
    page.showSignedOut(null, this.leftWith, page.view.kind === "starting" ? "" : words().signedOut);
    this.leftWith = null;
  }

  /** Ends everything of the sign-in here, and shows what came of it. */
  private async leave(said: string): Promise<void> {
    this.leftWith = said;
    unsaved.forget();
    await this.page.accounts.signOut();
  }

  private showLeaving(asked: boolean, trouble: unknown = null): void {
    const { person } = this.page;
    this.page.show({ kind: "leaving", leaving: { who: person?.email ?? person?.name ?? "", asked }, trouble });
  }

  /** The request goes on when it is not waited for any more. */
  private isSignOutTold(signal: AbortSignal): Promise<boolean> {
    const told = this.page.api.signOut(false).then(
      () => true,
      (trouble: unknown) => isSignInOver(trouble),
    );
    return Promise.race([told, pause(TOLD_WITHIN, signal).then(() => false)]);
  }
}

function isSignInOver(trouble: unknown): boolean {
  return trouble instanceof Problem && trouble.name === "not-signed-in";
}
