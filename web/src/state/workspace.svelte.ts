// Opening the workspace, and stopping it.

import type { SessionView, StartView } from "../api";
import { language, type Saying, words } from "./language.svelte";
import type { Member } from "./member.svelte";
import { notify } from "./notifications.svelte";
import { enter, type Onlooker, open } from "./opening";
import type { Page } from "./page.svelte";
import { isProblem, type Problem, sentence } from "./problem";
import { startText } from "./start";
import type { Step } from "./steps";
import { stop } from "./stopping";
import * as unsaved from "./unsaved";

/** How far an opening is. Moments are milliseconds of performance.now. */
export interface Progress {
  begun: { step: Step; at: number }[];
  slot: string | null;
  /** Set while a container starts; `at` is when it began to. */
  start: (StartView & { at: number }) | null;
  /** The part of what is saved that the slot has; null while it has not said. */
  restored: number | null;
  wait: { problem: Problem; until: number } | null;
  /** What is done for the project that is brought in, and which part of it; null while that is not known. */
  project: { doing: Saying; part: number | null } | null;
}

export class Workspace {
  constructor(
    private readonly page: Page,
    private readonly member: Member,
  ) {}

  open(): void {
    const { page, member } = this;
    page.begin(
      async (signal) => {
        const entrance = await open(member.api, language(), onlookerOf((progress, news) => page.show({ kind: "opening", progress }, news)), signal);
        enter(entrance, unsaved.giveAlong(member.person.uid, entrance.session));
      },
      (trouble) => {
        if (isProblem(trouble, "email-unverified")) page.show({ kind: "verifying" });
        else member.status.refresh(trouble);
      },
    );
  }

  cancel(): void {
    this.page.giveUp();
    window.stop(); // it may be on its way to the editor already
    this.member.status.refresh();
  }

  /** Stops it, but asks before if there is something that is not saved. */
  stop(session: SessionView): void {
    if (this.member.status.known?.storage.left_out) this.page.show({ kind: "confirm-stop", session });
    else this.stopAnyway(session);
  }

  stopAnyway(session: SessionView): void {
    const { api, status } = this.member;
    this.page.show({ kind: "stopping", began: performance.now() }, words().stopping.title);
    this.page.begin(
      async (signal) => status.home(await stop(api, language(), session.session, signal), null, true),
      (trouble) => status.refresh(trouble),
    );
  }
}

/** Calls `draws` with how far the opening is at each step, and with that step as news. */
export function onlookerOf(draws: (progress: Progress, news: string) => void): Onlooker {
  const progress = $state<Progress>({ begun: [], slot: null, start: null, restored: null, wait: null, project: null });
  return {
    step(step: Step, slot: string | null) {
      if (step === "claim") progress.begun = [];
      progress.begun.push({ step, at: performance.now() });
      Object.assign(progress, { slot, start: null, restored: null, wait: null, project: null });
      if (step === "enter") notify(words().opening.ready);
      draws(progress, words().opening.steps[step]);
    },
    starting(start: StartView, since: number) {
      progress.start = { ...start, at: since };
      draws(progress, startText(start, 0));
    },
    restored(part: number) {
      progress.restored = part;
    },
    waiting(problem: Problem, seconds: number) {
      progress.wait = { problem, until: performance.now() + seconds * 1000 };
      draws(progress, `${sentence(problem)} ${words().opening.tryingAgain} ${words().common.left(seconds)}.`);
    },
  };
}
