// What the member is told by mail, and chooses to be.

import type { Member } from "../../state/member.svelte";

export class Mails {
  /** Null while it is being asked for. */
  aboutTime = $state.raw<boolean | null>(null);
  trouble = $state.raw<unknown>(null);

  constructor(private readonly member: Member) {}

  /** Asks beside whatever else is under way in the page. Returns what gives the question up. */
  look(trouble: unknown = null): () => void {
    const own = new AbortController();
    this.trouble = trouble;
    this.member.api.mails(own.signal).then(
      (aboutTime) => {
        this.aboutTime = aboutTime;
      },
      (worse: unknown) => {
        if (!own.signal.aborted) this.trouble = worse;
      },
    );
    return () => own.abort();
  }

  tell(aboutTime: boolean): void {
    const { api, page } = this.member;
    this.trouble = null;
    page.begin(
      async (signal) => {
        this.aboutTime = await api.tell(aboutTime, signal);
      },
      (trouble) => {
        this.aboutTime = null; // what the member has clicked is not so
        this.look(trouble);
      },
    );
  }
}
