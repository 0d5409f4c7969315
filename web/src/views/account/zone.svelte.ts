// The time zone in which days and months are counted.

import { type Saying, words } from "../../state/language.svelte";
import type { Member } from "../../state/member.svelte";
import type { Moved } from "../../api";

export class Zone {
  /** Null while it is being asked for. */
  current = $state.raw<Moved | null>(null);
  said = $state.raw<Saying | null>(null);
  trouble = $state.raw<unknown>(null);

  constructor(private readonly member: Member) {}

  look(trouble: unknown = null): void {
    const { api, page } = this.member;
    this.trouble = trouble;
    page.begin(
      async (signal) => {
        this.current = await api.usage(null, null, signal);
      },
      (worse) => {
        this.trouble = worse;
      },
    );
  }

  change(zone: string): void {
    const { api, page } = this.member;
    this.said = this.trouble = null;
    page.begin(
      async (signal) => {
        this.current = await api.changeZone(zone, signal);
        this.said = ({ account }) => account.zoneChanged(zone);
        page.news = this.said(words());
      },
      (trouble) => this.look(trouble),
    );
  }
}
