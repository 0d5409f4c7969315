// Opening the workspace, and stopping it.

import { type OpenSession, Problem } from "../api";
import { language, words } from "../language";
import { enter, open } from "../opening";
import type { Page } from "../page";
import type { Standing } from "../standing";
import { stop } from "../stopping";
import * as unsaved from "../unsaved";
import { type Progress, sentence, type WorkspaceActions } from "../view";

export function workspaceActions(page: Page, standing: Standing, verify: () => void): WorkspaceActions {
  return {
    open(): void {
      page.begin(
        async (signal) => {
          const entrance = await open(page.api, language(), onlookerOf(page), signal);
          enter(entrance, page.person ? unsaved.giveAlong(page.person.uid, entrance.session) : "");
        },
        (trouble) => {
          if (trouble instanceof Problem && trouble.name === "email-unverified") verify();
          else standing.refresh(trouble);
        },
      );
    },

    cancel(): void {
      page.giveUp();
      window.stop(); // it may be on its way to the editor already
      standing.refresh();
    },

    stop(session: OpenSession): void {
      const { view } = page;
      if (view.kind === "home" && view.login.storage.left_out) {
        page.show({ kind: "confirm-stop", session, storage: view.login.storage });
        return;
      }
      page.show({ kind: "stopping", began: performance.now() }, words().stopping);
      page.begin(
        async (signal) => standing.home(await stop(page.api, language(), session.session, signal), null, true),
        (trouble) => standing.refresh(trouble),
      );
    },

    again(): void {
      if (page.person) standing.refresh();
      else location.reload(); // it could not even begin
    },

    discardUnsaved(): void {
      unsaved.discard();
      const { view } = page;
      if (view.kind === "home") standing.home(view.login, view.trouble, view.saved);
    },
  };
}

/** Shows how far the opening is. */
function onlookerOf(page: Page) {
  const progress: Progress = { begun: [], slot: null, restored: null, wait: null };
  const draws = (news: string) => page.show({ kind: "opening", progress }, news);
  return {
    step(step: Progress["begun"][number]["step"], slot: string | null) {
      if (step === "claim") progress.begun = [];
      progress.begun.push({ step, at: performance.now() });
      Object.assign(progress, { slot, restored: null, wait: null });
      draws(words().steps[step]);
    },
    restored(part: number) {
      progress.restored = part;
      page.paint();
    },
    waiting(problem: Problem, seconds: number) {
      progress.wait = { problem, until: performance.now() + seconds * 1000 };
      draws(`${sentence(problem)} ${words().tryingAgain} ${words().left(seconds)}.`);
    },
  };
}
