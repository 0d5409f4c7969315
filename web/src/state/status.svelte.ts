// How things stand with the member: asks the control plane and the slot of an open session, and keeps their answers.

import type { LastSession, SessionView } from "../api";
import { AccountLanguage } from "./accountLanguage";
import type { Api, Login } from "./controlPlane";
import { endingOf, endingText, untilLook } from "./ending";
import { keepLastKnown, lastKnownOf } from "./lastKnown";
import { language, words } from "./language.svelte";
import { notifications, notify } from "./notifications.svelte";
import type { Page } from "./page.svelte";
import { pause } from "./pause";
import { isProblem, Problem } from "./problem";
import { timeOf } from "./shown";
import { ALL_WELL, type SlotState, watchSlot } from "./slot";
import { untilEnded } from "./stopping";
import * as unsaved from "./unsaved";
import { type Aside, isAside } from "./views";

const AGAIN_AFTER = 1000;

export class Status {
  /** The newest answer of the control plane; null before the first one. */
  known = $state.raw<Login | null>(null);
  /** Of the open session whose slot was asked last. */
  slot = $state.raw<SlotState>(ALL_WELL);
  /** The names of texts that a lost session could not save. */
  unsaved = $state.raw<string[]>([]);
  readonly accountLanguage: AccountLanguage;
  /** The ending that a notification has told of. */
  private told: string | null = null;
  private slotOf: string | null = null;
  private watching = new AbortController();
  private looking: number | undefined;

  constructor(
    private readonly page: Page,
    private readonly api: Api,
    private readonly uid: string,
  ) {
    this.accountLanguage = new AccountLanguage(api.client);
    page.onShown = () => {
      this.watchSession();
      this.watchItsSlot();
    };
  }

  /** Shows the home view, with what went wrong before, if something did; `saved`: the member has seen a session end. */
  home(login: Login, trouble: unknown = null, saved = false): void {
    this.learn(login);
    this.page.show({ kind: "home", trouble, saved }, saved ? savedNow(login.last) : "");
  }

  /** Asks where things stand, and shows it, or `aside` once it is known; with what went wrong before, if something did. */
  refresh(trouble: unknown = null, aside: Aside | null = null): void {
    this.page.begin(
      async (signal) => this.arrived(await this.ask(signal), trouble, signal, aside),
      (worse) => this.failed(worse),
    );
  }

  /** Asks where things stand, without showing anything else. */
  async renew(signal: AbortSignal): Promise<void> {
    this.learn(await this.ask(signal));
  }

  /** Shows that the session is being saved until it has ended, and then how it ended, or `aside`. */
  private async watchEnd(session: SessionView, signal: AbortSignal, aside: Aside | null): Promise<void> {
    this.page.show({ kind: "stopping", began: performance.now() }, words().stopping.title);
    const login = await untilEnded(this.api, language(), session.session, signal);
    if (aside) this.beside(login, aside, savedNow(login.last));
    else this.home(login, null, true);
  }

  /** Shows a view that stands beside home. */
  private beside(login: Login, aside: Aside, news = ""): void {
    this.learn(login);
    this.page.show({ kind: aside }, news);
  }

  /** The page can be seen again, or no longer. */
  seen(): void {
    if (document.visibilityState === "visible" && this.page.view.kind === "home") this.refresh();
    else this.watchSession();
    this.watchItsSlot();
  }

  /** Nobody is signed in any more: nothing is watched. */
  end(): void {
    this.page.onShown = () => undefined;
    this.watching.abort();
    clearTimeout(this.looking);
  }

  discardUnsaved(): void {
    unsaved.discard();
    this.unsaved = [];
  }

  /** Whoever comes back without a network sees how things stood. */
  private failed(trouble: unknown): void {
    const known = isProblem(trouble, "unreachable") && !navigator.onLine ? lastKnownOf(this.uid) : null;
    if (known) this.page.show({ kind: "offline", known });
    else this.page.fail(trouble);
  }

  /** The answer, after which the page speaks the account's language. */
  private async ask(signal: AbortSignal): Promise<Login> {
    const login = await this.answer(signal);
    await this.accountLanguage.settle(login.account.locale);
    signal.throwIfAborted();
    return login;
  }

  /** A network that has just come back, or has changed, loses the first request: so there is a second one. */
  private async answer(signal: AbortSignal): Promise<Login> {
    try {
      return await this.api.login(language(), signal);
    } catch (trouble) {
      if (!(trouble instanceof Problem && trouble.isOfNetwork && navigator.onLine)) throw trouble;
      await pause(AGAIN_AFTER, signal);
      return this.api.login(language(), signal);
    }
  }

  private learn(login: Login): void {
    this.known = login;
    keepLastKnown(login);
    this.unsaved = unsaved.keptFor(login);
    if (login.session?.session !== this.slotOf) this.slot = ALL_WELL;
    this.tellOfEnding(login);
  }

  /** By an answer that has just come: the member may have done something in the editor meanwhile. */
  private tellOfEnding(login: Login): void {
    const ending = endingOf(login, performance.now());
    const news = ending && `${ending.why} ${ending.urgent}`;
    if (ending && news !== this.told) notify(endingText(ending, login, performance.now()));
    this.told = news;
  }

  private async arrived(login: Login, trouble: unknown, signal: AbortSignal, aside: Aside | null = null): Promise<void> {
    if (login.session?.state === "draining") return this.watchEnd(login.session, signal, aside);
    if (aside) this.beside(login, aside);
    else this.home(login, trouble);
  }

  /** While the home view can be seen, the slot of an open session is asked how it is. */
  private watchItsSlot(): void {
    this.watching.abort();
    this.watching = new AbortController();
    const open = this.known?.session;
    if (this.page.view.kind !== "home" || !open || document.visibilityState !== "visible") return;
    const { session, slot_origin } = open;
    const told = (state: SlotState) => {
      this.slot = state;
      this.slotOf = session;
      this.refresh();
    };
    void watchSlot(slot_origin, this.slot, told, this.watching.signal);
  }

  /** While somebody can see the page, or is told of what happens, an open session that may end by itself is looked after. */
  private watchSession(): void {
    clearTimeout(this.looking);
    const { kind } = this.page.view;
    const isWatched = document.visibilityState === "visible" || notifications() === "on";
    if (!this.known || !(kind === "home" || isAside(kind)) || !isWatched) return;
    const look = untilLook(this.known);
    if (look !== null) this.looking = setTimeout(() => this.glance(), look * 1000);
  }

  /** Asks where things stand without a word. What is shown stays if that does not work. */
  private glance(): void {
    const { view } = this.page;
    if (view.kind !== "home") {
      this.glanceAside();
      return;
    }
    this.page.begin(
      async (signal) => this.arrived(await this.ask(signal), view.trouble, signal),
      () => this.watchSession(),
    );
  }

  /** What is under way there goes on. */
  private glanceAside(): void {
    const arrive = (login: Login) => {
      if (isAside(this.page.view.kind)) this.learn(login);
    };
    this.ask(new AbortController().signal)
      .then(arrive, () => undefined) // it is asked again
      .finally(() => this.watchSession());
  }
}

/** What came of the session whose end the member watched. */
export function savedNow(last: LastSession | null): string {
  const saved = last && last.reason !== "lost" && last.saved_at;
  return words().home.savedNow(saved ? timeOf(saved) : null);
}
