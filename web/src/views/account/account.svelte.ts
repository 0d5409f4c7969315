// The member's own account: signing out, taking everything along, and deleting it.

import type { Saying } from "../../state/language.svelte";
import type { Member } from "../../state/member.svelte";
import { withTorn } from "../history/history.svelte";

export class Account {
  trouble = $state.raw<unknown>(null);
  /** What is under way, or came of it. */
  said = $state.raw<Saying | null>(null);

  constructor(private readonly member: Member) {}

  signOutEverywhere(): void {
    const { member } = this;
    this.act(async () => {
      await member.api.signOut(true);
      await member.leave(({ account }) => account.everywhereDone);
    });
  }

  /** Has the newest snapshot packed, and downloads it. */
  download(): void {
    this.act(async (signal) => {
      this.said = ({ history }) => history.packing;
      const ready = await this.member.api.download(null, signal);
      location.assign(ready.url);
      this.said = withTorn(({ history }) => history.downloading, ready);
    });
  }

  /** Asks who the member is once more, and deletes everything. */
  remove(): void {
    const { member } = this;
    this.act(async (signal) => {
      if (!(await member.accounts.showAgain())) return;
      await member.api.deleteAccount(signal);
      await member.leave(({ account }) => account.removed);
    });
  }

  private act(work: (signal: AbortSignal) => Promise<void>): void {
    this.said = this.trouble = null;
    this.member.page.begin(work, (trouble) => {
      this.said = null;
      this.trouble = trouble;
    });
  }
}
