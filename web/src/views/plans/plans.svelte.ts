// The member's plan and how it is paid for; the ways to the payment provider's pages, and back from them.

import type { BillingAnswer } from "../../api";
import { language } from "../../state/language.svelte";
import type { Member } from "../../state/member.svelte";
import { pause } from "../../state/pause";
import { Problem } from "../../state/problem";

/** Milliseconds between two questions, for whoever comes back from a page of the provider's. */
const EVERY = 1000;
/** How long a payment is waited for, and a change that may have been made where subscriptions are managed. */
const PAYMENT_WITHIN = 30_000;
const CHANGE_WITHIN = 10_000;

/** The page for cards, invoices and cancellation. */
export const PORTAL = Symbol("portal");

export class Plans {
  /** Null until it is known. */
  known = $state.raw<BillingAnswer | null>(null);
  /** What is known of the payment that the member comes back from. */
  payment = $state.raw<"coming" | "come" | "late" | null>(null);
  /** Whose page is being opened: a plan's name, or PORTAL. */
  opening = $state.raw<string | typeof PORTAL | null>(null);
  /** Why it was not. */
  trouble = $state.raw<unknown>(null);

  /** What is shown is the team's. */
  ofTeam = $state(false);

  /** `team`: it is asked for the team's. */
  constructor(
    private readonly member: Member,
    private readonly team = false,
  ) {}

  /** Whether the member is in a team; null without one. */
  get inTeam(): { pays: boolean } | null {
    return this.member.status.known?.team ?? null;
  }

  /** Where the operator can be reached, if they say. */
  get help(): string | undefined {
    return this.member.page.config?.links?.help;
  }

  /** By the address, which says from which page of the provider's the member comes back; it is asked for once. */
  arrive(): void {
    const from = new URLSearchParams(location.search);
    const isBack = from.has("checkout") || from.has("portal");
    this.ofTeam = this.inTeam !== null && (this.team || from.has("team") || (this.inTeam.pays && !isBack));
    this.keepAddress();
    if (from.get("checkout") === "paid") this.awaitPayment();
    else if (from.has("portal")) this.awaitChange();
    else this.look();
  }

  /** Shows the member's own plan, or the team's. */
  turn(team: boolean): void {
    this.ofTeam = team;
    this.known = null;
    this.payment = this.trouble = null;
    this.keepAddress();
    this.look();
  }

  look(): void {
    this.opening = null;
    this.begin(async (signal) => {
      await this.ask(signal);
    });
  }

  /** Asks until the control plane has the plan that was bought. The address alone proves no payment. */
  awaitPayment(): void {
    this.begin(async (signal) => {
      const until = performance.now() + PAYMENT_WITHIN;
      let known = await this.ask(signal);
      const bought = known.paying?.buying?.name;
      while (known.paying) {
        const isPaid = known.paying.reason === "paid" && (bought === undefined || known.plan.name === bought);
        this.payment = isPaid ? "come" : performance.now() < until ? "coming" : "late";
        if (this.payment !== "coming") return;
        await pause(EVERY, signal);
        known = await this.askAgain(signal);
      }
    });
  }

  /** Opens the page on which the plan is paid for. */
  buy(plan: string): void {
    this.leave(plan, (signal) => this.member.api.checkout(plan, this.ofTeam, language(), signal));
  }

  /** Opens the page that confirms the change of the subscription to the plan. */
  change(plan: string): void {
    this.leave(plan, (signal) => this.member.api.portal(plan, this.ofTeam, language(), signal));
  }

  /** Opens the page for cards, invoices and cancellation. */
  manage(): void {
    this.leave(PORTAL, (signal) => this.member.api.portal(null, this.ofTeam, language(), signal));
  }

  /** Asks for some seconds, until something is other than it was. */
  private awaitChange(): void {
    this.begin(async (signal) => {
      const until = performance.now() + CHANGE_WITHIN;
      const before = await this.ask(signal);
      let now = before;
      while (JSON.stringify(now) === JSON.stringify(before) && performance.now() < until) {
        await pause(EVERY, signal);
        now = await this.askAgain(signal);
      }
    });
  }

  /** A reload shows the same, and asks for no payment again. */
  private keepAddress(): void {
    history.replaceState(history.state, "", location.pathname + (this.ofTeam ? "?team=yes" : ""));
  }

  private async ask(signal: AbortSignal): Promise<BillingAnswer> {
    const known = await this.member.api.billing(this.ofTeam, signal);
    const { status } = this.member;
    const isPayers = this.ofTeam === (this.inTeam?.pays ?? false);
    const before = this.known ?? (isPayers ? status.known : null);
    // the time and the storage that the page shows are those of the plan before
    if (before && before.plan.name !== known.plan.name) await status.renew(signal);
    this.known = known;
    return known;
  }

  /** The answer before, if none can be had right now. */
  private async askAgain(signal: AbortSignal): Promise<BillingAnswer> {
    const before = this.known;
    try {
      return await this.ask(signal);
    } catch (trouble) {
      if (before && trouble instanceof Problem && trouble.passing) return before;
      throw trouble;
    }
  }

  private begin(work: (signal: AbortSignal) => Promise<void>): void {
    const { page } = this.member;
    page.begin(work, (trouble) => page.fail(trouble));
  }

  private leave(to: string | typeof PORTAL, ask: (signal: AbortSignal) => Promise<string>): void {
    this.opening = to;
    this.payment = this.trouble = null;
    this.member.page.begin(
      async (signal) => location.assign(await ask(signal)),
      (trouble) => {
        this.trouble = trouble;
        this.opening = null;
        // what is shown may be old, if it does not fit what the control plane knows
        if (trouble instanceof Problem && !trouble.passing) this.look();
      },
    );
  }
}
