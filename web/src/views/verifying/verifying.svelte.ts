// An address that is not verified: the mail is sent, and the page goes on by itself once its link was followed.

import { words } from "../../state/language.svelte";
import type { Member } from "../../state/member.svelte";
import { pause } from "../../state/pause";
import { isProblem } from "../../state/problem";
import { asideAt } from "../../state/views";

/** Milliseconds between two looks whether the address is verified. */
const EVERY = 3000;

export class Verifying {
  /** Where the mail went; null before it was sent. */
  sentTo = $state<string | null>(null);
  trouble = $state.raw<unknown>(null);
  /** The address of the sign-in; null if it has none. */
  readonly address: string | null;

  constructor(private readonly member: Member) {
    this.address = member.person.email;
  }

  /** `address` is a new one for a sign-in that has none. */
  send(address: string | null): void {
    this.member.page.begin(
      async () => {
        await this.member.accounts.sendMail(address);
        this.wait(address ?? this.address ?? "");
      },
      (trouble) => {
        this.sentTo = null;
        this.trouble = trouble;
      },
    );
  }

  /** Looks whether the address is verified until it is, and then goes on: to the project, or into the workspace. */
  wait(sentTo: string): void {
    const { member } = this;
    const { page, workspace } = member;
    this.sentTo = sentTo;
    this.trouble = null;
    page.news = words().verifying.sent(sentTo);
    page.begin(
      async (signal) => {
        if (!(await this.isVerifiedAtLast(signal))) return;
        if (asideAt(location.pathname)) member.goOn();
        else workspace.open();
      },
      (trouble) => {
        this.trouble = trouble;
      },
    );
  }

  /** False if the sign-in has ended instead. */
  private async isVerifiedAtLast(signal: AbortSignal): Promise<boolean> {
    const { accounts, page } = this.member;
    try {
      while (!(await accounts.isVerified())) await pause(EVERY, signal);
    } catch (trouble) {
      signal.throwIfAborted();
      if (this.address !== null || !isProblem(trouble, "not-signed-in")) throw trouble;
      // a new address ends the sign-ins from before it
      await accounts.signOut();
      page.showSignedOut(null, ({ verifying }) => verifying.signInAgain, words().frame.signedOut);
      return false;
    }
    signal.throwIfAborted();
    return true;
  }
}
