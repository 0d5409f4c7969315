// How things stand: asks the control plane and the slot of an open session, and shows what has changed.

import { untilWarning } from "./allowance";
import type { Login, OpenSession } from "./api";
import { byId } from "./dom";
import { endingNotice, untilLook } from "./ending";
import { language, words } from "./language";
import type { Page } from "./page";
import { ALL_WELL, type SlotState, watchSlot } from "./slot";
import { untilEnded } from "./stopping";
import * as unsaved from "./unsaved";
import { savedNow } from "./view";

export class Standing {
  /** Of the open session whose slot was asked last. */
  private slot: SlotState & { session: string | null } = { ...ALL_WELL, session: null };
  private watching = new AbortController();
  private looking: number | undefined;
  private warning: number | undefined;

  constructor(private readonly page: Page) {
    page.onShown = () => {
      this.watchSession();
      this.watchItsSlot();
    };
  }

  /** Shows the home view, with what went wrong before, if something did; `saved`: the member has seen a session end. */
  home(login: Login, trouble: unknown = null, saved = false): void {
    this.page.known = login;
    const slot = login.session?.session === this.slot.session ? this.slot : ALL_WELL;
    const kept = unsaved.keptFor(login);
    this.page.show({ kind: "home", login, trouble, saved, slot, unsaved: kept }, saved ? savedNow(login.last) : "");
  }

  /** Asks where things stand, and shows it; with what went wrong before, if something did. */
  refresh(trouble: unknown = null): void {
    this.page.begin(
      async (signal) => this.arrived(await this.page.api.login(language(), signal), trouble, signal),
      (worse) => this.page.fail(worse),
    );
  }

  /** Shows that the session is being saved until it has ended, and how it ended. */
  async watchEnd(session: OpenSession, signal: AbortSignal): Promise<void> {
    this.page.show({ kind: "stopping", began: performance.now() }, words().stopping);
    this.home(await untilEnded(this.page.api, language(), session.session, signal), null, true);
  }

  /** The page can be seen again, or no longer. */
  seen(): void {
    if (document.visibilityState === "visible" && this.page.person && this.page.isHome) this.refresh();
    else this.watchSession();
    this.watchItsSlot();
  }

  private async arrived(login: Login, trouble: unknown, signal: AbortSignal): Promise<void> {
    if (login.session?.state === "draining") await this.watchEnd(login.session, signal);
    else this.home(login, trouble);
  }

  /** While the home view can be seen, the slot of an open session is asked how it is. */
  private watchItsSlot(): void {
    this.watching.abort();
    this.watching = new AbortController();
    const { view } = this.page;
    if (view.kind !== "home" || !view.login.session || document.visibilityState !== "visible") return;
    const { session, slot_origin } = view.login.session;
    const told = (state: SlotState) => {
      this.slot = { ...state, session };
      this.refresh();
    };
    void watchSlot(slot_origin, view.slot, told, this.watching.signal);
  }

  /** While somebody can see the page, an open session that may end by itself is looked after. */
  private watchSession(): void {
    clearTimeout(this.looking);
    clearTimeout(this.warning);
    const { known } = this.page;
    if (!known || !(this.page.isHome || this.page.isAside) || document.visibilityState !== "visible") return;
    const look = untilLook(known);
    const warn = untilWarning(known);
    if (look !== null) this.looking = setTimeout(() => this.glance(), look * 1000);
    if (warn !== null) this.warning = setTimeout(() => this.warnOfEnd(), warn * 1000);
  }

  private warnOfEnd(): void {
    const { known, view } = this.page;
    this.page.show(view, known ? (endingNotice(known)?.textContent ?? "") : "");
  }

  /** Asks where things stand without a word. What is shown stays if that does not work. */
  private glance(): void {
    const { view, api } = this.page;
    if (view.kind !== "home") {
      this.glanceAside();
      return;
    }
    this.page.begin(
      async (signal) => this.arrived(await api.login(language(), signal), view.trouble, signal),
      () => this.watchSession(),
    );
  }

  /** What is under way there goes on, and what is chosen there stays, but for a warning that comes, goes or is urgent. */
  private glanceAside(): void {
    const arrive = (login: Login) => {
      if (!this.page.isAside) return; // by now it may be somebody else's page
      this.page.known = login;
      const shown = byId("main").firstElementChild?.role ?? null;
      if ((endingNotice(login)?.role ?? null) === shown) this.watchSession();
      else this.warnOfEnd();
    };
    this.page.api.login(language(), new AbortController().signal).then(arrive, () => this.watchSession());
  }
}
