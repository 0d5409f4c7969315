// What the member is told by mail, and chooses to be.

import { accountMails, accountTell } from "../../api";
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
    accountMails({ client: this.member.api.client, signal: own.signal }).then(
      ({ data }) => {
        this.aboutTime = data.about_time;
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
        const { data } = await accountTell({ client: api.client, body: { about_time: aboutTime }, signal });
        this.aboutTime = data.about_time;
      },
      (trouble) => {
        this.aboutTime = null; // what the member has clicked is not so
        this.look(trouble);
      },
    );
  }
}
