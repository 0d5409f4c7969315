// What the member is told by mail, and chooses to be.

import type { Member } from "../../state/member.svelte";

export class Mails {
  /** Null while it is being asked for. */
  aboutTime = $state.raw<boolean | null>(null);
  trouble = $state.raw<unknown>(null);

  constructor(private readonly member: Member) {}

  look(trouble: unknown = null): void {
    const { api, page } = this.member;
    this.trouble = trouble;
    page.begin(
      async (signal) => {
        this.aboutTime = await api.mails(signal);
      },
      (worse) => {
        this.trouble = worse;
      },
    );
  }

  tell(aboutTime: boolean): void {
    const { api, page } = this.member;
    this.trouble = null;
    page.begin(
      async (signal) => {
        this.aboutTime = await api.tell(aboutTime, signal);
      },
      (trouble) => this.look(trouble),
    );
  }
}
