// The member's team, and what its people do with it.

import type { InviteAnswer, TeamRole, TeamStorage, TeamUsage, TeamView } from "../../api";
import { language, type Saying, words } from "../../state/language.svelte";
import type { Member } from "../../state/member.svelte";
import { isProblem, Problem } from "../../state/problem";
import { TeamPlane } from "../../state/teamPlane";

export class Team {
  /** Undefined while it is being asked for the first time; null without a team. */
  known = $state.raw<TeamView | null | undefined>(undefined);
  /** Null for anybody but owners. */
  usage = $state.raw<TeamUsage | null>(null);
  storage = $state.raw<TeamStorage | null>(null);
  /** The link of the invitation that was just made: it is shown once. */
  link = $state.raw<{ address: string; url: string; mailed: boolean } | null>(null);
  said = $state.raw<Saying | null>(null);
  trouble = $state.raw<unknown>(null);
  /** The member's address is to be verified first. */
  unverified = $state(false);
  readonly plane: TeamPlane;

  constructor(private readonly member: Member) {
    this.plane = new TeamPlane(member.api.client);
  }

  look(trouble: unknown = null): void {
    const { page } = this.member;
    this.trouble = trouble;
    page.begin(
      async (signal) => {
        this.known = await this.plane.team(signal);
        await this.measure(signal);
      },
      (worse) => {
        if (this.known === undefined) page.fail(worse);
        else this.trouble = worse;
      },
    );
  }

  /** What is known of the member is asked for anew. */
  create(name: string): void {
    this.begin(async () => {
      this.known = await this.plane.create(name);
      this.member.status.refresh(null, "team");
    });
  }

  rename(name: string): void {
    this.act(() => this.plane.rename(name), ({ team }) => team.renamed);
  }

  invite(address: string, role: TeamRole, invited: () => void): void {
    this.send(address, () => this.plane.invite(address, role, language()), invited);
  }

  resend(invitation: string, address: string): void {
    this.send(address, () => this.plane.resend(invitation));
  }

  revoke(invitation: string, address: string): void {
    this.act(() => this.plane.revoke(invitation), ({ team }) => team.revoked(address));
  }

  give(uid: string, role: TeamRole): void {
    this.act(() => this.plane.give(uid, role), null);
  }

  remove(uid: string, name: string): void {
    this.act(() => this.plane.remove(uid), ({ team }) => team.removed(name));
  }

  /** Another account may pay from then on. */
  answer(accept: boolean): void {
    this.begin(async () => {
      this.known = await this.plane.answer(accept);
      this.member.status.refresh(null, "team");
    });
  }

  leave(): void {
    this.begin(async () => {
      await this.plane.leave();
      this.member.status.refresh();
    });
  }

  close(name: string): void {
    this.begin(async () => {
      await this.plane.close(name);
      this.member.status.refresh();
    });
  }

  /** What is shown of the team does not wait for this. */
  private async measure(signal: AbortSignal): Promise<void> {
    if (!this.known?.manages || !this.known.paid) return;
    [this.usage, this.storage] = await Promise.all([this.plane.usage(signal), this.plane.storage(signal)]);
  }

  private send(address: string, ask: () => Promise<InviteAnswer>, sent?: () => void): void {
    this.begin(async (signal) => {
      const { team, link, mailed } = await ask();
      this.known = team;
      this.link = { address, url: link, mailed };
      sent?.();
      if (!this.usage) await this.measure(signal);
    });
  }

  private act(work: () => Promise<TeamView | null>, said: Saying | null): void {
    this.begin(async (signal) => {
      this.known = await work();
      this.said = said;
      this.member.page.news = said ? said(words()) : "";
      await this.measure(signal);
    });
  }

  private begin(work: (signal: AbortSignal) => Promise<void>): void {
    this.said = this.trouble = this.link = null;
    this.member.page.begin(work, (trouble) => {
      this.trouble = trouble;
      this.unverified = isProblem(trouble, "email-unverified");
      // what is shown may be old, if it does not fit what the control plane knows
      if (trouble instanceof Problem && !trouble.passing && this.known) this.look(trouble);
    });
  }
}
