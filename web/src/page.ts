// The page: the one view that it shows, the one piece of work that is under way, and what it knows.

import type { Accounts, Person } from "./account";
import { type Api, type Login, Problem } from "./api";
import { byId } from "./dom";
import { endingNotice } from "./ending";
import { drawFooter, drawLanguages } from "./frame";
import { language, speak } from "./language";
import { type Actions, draw, type View } from "./view";

const BUSY = ["starting", "opening", "stopping"];
/** Views beside the home view that leave an open session as it is. */
const ASIDE = ["usage", "history", "leaving"];

export class Page {
  view: View = { kind: "starting" };
  person: Person | null = null;
  /** The newest answer to how things stand. */
  known: Login | null = null;
  version = "";
  accounts!: Accounts;
  api!: Api;
  actions!: Actions;
  /** Called whenever a view was shown. */
  onShown: () => void = () => undefined;
  /** Ends what is under way when the member turns to something else. */
  private task = new AbortController();

  get isAside(): boolean {
    return ASIDE.includes(this.view.kind);
  }

  get isHome(): boolean {
    return this.view.kind === "home";
  }

  /** `news` is for who can't see the view; alerts in the view speak for themselves. */
  show(next: View, news = ""): void {
    const turned = next.kind !== this.view.kind && this.view.kind !== "starting";
    this.view = next;
    this.paint();
    if (turned) byId("main").querySelector("h1")?.focus({ preventScroll: true });
    byId("news").textContent = news;
    this.onShown();
  }

  fail(trouble: unknown): void {
    this.show({ kind: "failed", trouble });
  }

  /** `said`: what came of the sign-out, if it is to be read. */
  showSignedOut(trouble: unknown, said: string | null = null, news = ""): void {
    this.show({ kind: "signed-out", ways: this.accounts.ways, trouble, said }, news);
  }

  paint(): void {
    const { view, known, person, version, actions } = this;
    const focused = document.activeElement?.id;
    document.documentElement.lang = language();
    const main = byId("main");
    main.ariaBusy = String(BUSY.includes(view.kind));
    main.dataset.view = view.kind;
    const due = known && this.isAside ? endingNotice(known) : null;
    main.replaceChildren(...[due, ...draw(view, actions)].filter((child): child is Node => child instanceof Node));
    byId("languages").replaceChildren(
      ...drawLanguages((each) => {
        speak(each);
        this.paint();
      }),
    );
    byId("footer").replaceChildren(...drawFooter(person, version, actions.signOut));
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  /** Runs `work` as the one thing under way. Whatever it raises goes to `failed`, but not its being given up. */
  begin(work: (signal: AbortSignal) => Promise<void>, failed: (trouble: unknown) => void): void {
    this.giveUp();
    const own = new AbortController();
    this.task = own;
    work(own.signal).catch((trouble: unknown) => {
      if (own.signal.aborted) return;
      if (trouble instanceof Problem && trouble.name === "not-signed-in") void this.expire(trouble);
      else failed(trouble);
    });
  }

  giveUp(): void {
    this.task.abort();
  }

  private async expire(trouble: Problem): Promise<void> {
    await this.accounts.signOut();
    this.showSignedOut(trouble);
  }
}
