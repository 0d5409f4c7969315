// An invitation that the member has the link of: what it is, and accepting it.

import type { LookAnswer } from "../../api";
import type { Member } from "../../state/member.svelte";
import { isProblem } from "../../state/problem";
import { TeamPlane } from "../../state/teamPlane";

type Found =
  | { is: "asked" }
  | { is: "none" }
  | { is: "open"; answer: LookAnswer }
  /** `team`: the name of the member's own, for whoever opens a link that has done its work. */
  | { is: "gone"; team: string | null };

export class Invitation {
  found = $state.raw<Found>({ is: "asked" });
  trouble = $state.raw<unknown>(null);
  private readonly plane: TeamPlane;

  constructor(private readonly member: Member) {
    this.plane = new TeamPlane(member.api.client);
  }

  look(): void {
    const { page } = this.member;
    page.takeInvitation();
    const token = page.invitation;
    this.trouble = null;
    if (token === null) {
      this.found = { is: "none" };
      return;
    }
    page.begin(
      async (signal) => {
        this.found = { is: "open", answer: await this.plane.look(token, signal) };
      },
      (trouble) => {
        if (isGone(trouble)) this.findOwn();
        else page.fail(trouble);
      },
    );
  }

  /** Whose session is open has it saved and closed, which is shown before the team. */
  accept(): void {
    const { page } = this.member;
    const token = page.invitation;
    if (token === null) return;
    this.trouble = null;
    page.begin(
      async () => {
        await this.plane.accept(token);
        page.forgetInvitation();
        this.member.status.refresh(null, "team");
      },
      (trouble) => {
        if (isGone(trouble)) this.findOwn();
        else this.trouble = trouble;
      },
    );
  }

  /** Signs out, and leaves the invitation for whoever signs in next in this tab. */
  signInAs(address: string): void {
    this.member.signOut(({ team }) => team.invitation.signInNow(address));
  }

  giveUp(): void {
    this.member.page.forgetInvitation();
    this.member.go("home");
  }

  private findOwn(): void {
    const { page } = this.member;
    page.forgetInvitation();
    page.begin(
      async (signal) => {
        this.found = { is: "gone", team: (await this.plane.team(signal))?.name ?? null };
      },
      (trouble) => page.fail(trouble),
    );
  }
}

/** A token that is cut short is answered as a request that is not valid. */
function isGone(trouble: unknown): boolean {
  return isProblem(trouble, "invitation-gone") || isProblem(trouble, "bad-request");
}
