// What was used in a month, by day and by session.

import type { UsageAnswer } from "../../api";
import { type Saying, words } from "../../state/language.svelte";
import type { Member } from "../../state/member.svelte";
import { saveFile } from "../../state/saveFile";
import { together } from "./together";

export class Usage {
  /** Null while it is being asked for the first time. */
  usage = $state.raw<UsageAnswer | null>(null);
  /** The month that it is now. */
  newest = $state.raw<string | null>(null);
  said = $state.raw<Saying | null>(null);
  trouble = $state.raw<unknown>(null);

  constructor(private readonly member: Member) {}

  /** Asks for a month, that of now unless one is given, with what came of something before. */
  look(month: string | null = null, said: Saying | null = null, trouble: unknown = null): void {
    const { api, page } = this.member;
    this.say(said, trouble);
    page.begin(
      async (signal) => {
        this.usage = await api.usage(month, null, signal);
        if (month === null) this.newest = this.usage.month;
      },
      (worse) => page.fail(worse),
    );
  }

  /** The page of the month that comes after this one. */
  rest(before: UsageAnswer, next: string): void {
    const { api, page } = this.member;
    page.begin(
      async (signal) => {
        this.usage = together(before, await api.usage(before.month, next, signal));
        this.say(null);
      },
      (trouble) => this.say(this.said, trouble),
    );
  }

  table(month: string): void {
    const { api, page } = this.member;
    page.begin(
      async (signal) => saveFile(await api.usageTable(month, signal), `ondol-usage-${month}.csv`),
      (trouble) => this.look(month, null, trouble),
    );
  }

  private say(said: Saying | null, trouble: unknown = null): void {
    this.said = said;
    this.trouble = trouble;
    this.member.page.news = said ? said(words()) : "";
  }
}
