// The page: what the member does, what is shown for it, and what goes wrong on the way.

import { Accounts, type Person, type Way } from "./account";
import { deadlineNotice, untilLook, untilWarning } from "./allowance";
import { Api, type LeftOutPackage, type Login, type OpenSession, Problem, type Snapshot, type Usage } from "./api";
import { pause, timeOf } from "./clock";
import { readConfig } from "./config";
import { button, byId, h, keep } from "./dom";
import { type Language, language, speak, words } from "./language";
import { enter, open } from "./opening";
import { watchSlot } from "./slot";
import { stop, untilEnded } from "./stopping";
import * as unsaved from "./unsaved";
import { together } from "./usage";
import { type Actions, draw, type Progress, savedNow, sentence, type View } from "./view";

let view: View = { kind: "starting" };
let person: Person | null = null;
let accounts: Accounts;
let api: Api;
let version = "";
/** What is to be said when nobody is signed in any more. */
let leftWith: string | null = null;
/** Milliseconds between two looks whether the address is verified. */
const VERIFIED_EVERY = 3000;
/** Milliseconds in which the control plane is to have heard of a sign-out. */
const TOLD_WITHIN = 6000;
/** The newest answer to how things stand. */
let known: Login | null = null;
/** Views beside the home view that leave an open session as it is. */
const ASIDE = ["usage", "history", "leaving"];

/** Ends what is under way when the member turns to something else. */
let task = new AbortController();

/** `news` is for who can't see the view; alerts in the view speak for themselves. */
function show(next: View, news = ""): void {
  const turned = next.kind !== view.kind && view.kind !== "starting";
  view = next;
  paint();
  if (turned) byId("main").querySelector("h1")?.focus({ preventScroll: true });
  byId("news").textContent = news;
  watchSession();
  listen();
}

function paint(): void {
  const focused = document.activeElement?.id;
  document.documentElement.lang = language();
  const main = byId("main");
  main.ariaBusy = String(["starting", "opening", "stopping"].includes(view.kind));
  main.dataset.view = view.kind;
  const due = known && ASIDE.includes(view.kind) ? deadlineNotice(known) : null;
  main.replaceChildren(...[due, ...draw(view, actions)].filter((child): child is Node => child instanceof Node));
  byId("languages").replaceChildren(...languageSwitch());
  byId("footer").replaceChildren(...footer());
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function languageSwitch(): HTMLElement[] {
  return (["ko", "en"] as const).map((each: Language) => {
    const press = () => {
      speak(each);
      paint();
    };
    const element = button(`speak-${each}`, each === "ko" ? "한국어" : "English", press, "small");
    element.lang = each;
    element.ariaPressed = String(each === language());
    return element;
  });
}

function footer(): Node[] {
  const who = person && h("span", {}, person.email ?? person.name ?? "");
  const leave = person && button("sign-out", words().signOut, signOut, "small");
  const which = h("span", { className: "quiet" }, `Ondol ${version}`);
  return [who, leave, which].filter((each) => each !== null);
}

/** Runs `work` as the one thing under way. Whatever it raises goes to `failed`, but not its being given up. */
function begin(work: (signal: AbortSignal) => Promise<void>, failed: (trouble: unknown) => void): void {
  task.abort();
  const own = new AbortController();
  task = own;
  work(own.signal).catch((trouble: unknown) => {
    if (own.signal.aborted) return;
    if (trouble instanceof Problem && trouble.name === "not-signed-in") void expired(trouble);
    else failed(trouble);
  });
}

async function expired(trouble: Problem): Promise<void> {
  await accounts.signOut();
  show({ kind: "signed-out", ways: accounts.ways, trouble, said: null });
}

function home(login: Login, trouble: unknown = null, saved = false): void {
  known = login;
  const silent = login.session !== null && login.session.session === silentSession;
  const kept = unsaved.keptFor(login);
  show({ kind: "home", login, trouble, saved, silent, unsaved: kept }, saved ? savedNow(login.last) : "");
}

/** The open session whose slot does not answer. */
let silentSession: string | null = null;
let watching = new AbortController();

/** While the home view can be seen, the slot of an open session is asked whether it is there. */
function listen(): void {
  watching.abort();
  watching = new AbortController();
  if (view.kind !== "home" || !view.login.session || document.visibilityState !== "visible") return;
  const { session, slot_origin } = view.login.session;
  const told = (silent: boolean) => {
    silentSession = silent ? session : null;
    refresh();
  };
  void watchSlot(slot_origin, silentSession === session, told, watching.signal);
}

let looking: number | undefined;
let warning: number | undefined;

/** While somebody can see the page, an open session on a limited plan is looked after. */
function watchSession(): void {
  clearTimeout(looking);
  clearTimeout(warning);
  if (!known || !["home", ...ASIDE].includes(view.kind) || document.visibilityState !== "visible") return;
  const look = untilLook(known);
  const warn = untilWarning(known);
  if (look !== null) looking = setTimeout(glance, look * 1000);
  if (warn !== null) warning = setTimeout(warnOfEnd, warn * 1000);
}

function warnOfEnd(): void {
  show(view, known ? (deadlineNotice(known)?.textContent ?? "") : "");
}

/** Asks where things stand without a word. What is shown stays if that does not work. */
function glance(): void {
  if (view.kind !== "home") {
    glanceAside();
    return;
  }
  const { trouble } = view;
  begin(
    async (signal) => arrived(await api.login(language(), signal), trouble, signal),
    () => watchSession(),
  );
}

/** What is under way there goes on, and what is chosen there stays, but for a warning that comes, goes or is urgent. */
function glanceAside(): void {
  const arrive = (login: Login) => {
    if (!ASIDE.includes(view.kind)) return; // by now it may be somebody else's page
    known = login;
    const shown = byId("main").firstElementChild?.role ?? null;
    if ((deadlineNotice(login)?.role ?? null) === shown) watchSession();
    else warnOfEnd();
  };
  api.login(language(), new AbortController().signal).then(arrive, watchSession);
}

/** Asks where things stand, and shows it; with what went wrong before, if something did. */
function refresh(trouble: unknown = null): void {
  begin(
    async (signal) => arrived(await api.login(language(), signal), trouble, signal),
    (worse) => show({ kind: "failed", trouble: worse }),
  );
}

async function arrived(login: Login, trouble: unknown, signal: AbortSignal): Promise<void> {
  if (login.session?.state === "draining") await watchEnd(login.session, signal);
  else home(login, trouble);
}

async function watchEnd(session: OpenSession, signal: AbortSignal): Promise<void> {
  show({ kind: "stopping", began: performance.now() }, words().stopping);
  home(await untilEnded(api, language(), session.session, signal), null, true);
}

const actions: Actions = {
  signIn(way: Way): void {
    way.signIn().catch((trouble: unknown) => {
      show({ kind: "signed-out", ways: accounts.ways, trouble, said: null });
    });
  },

  open(): void {
    const progress: Progress = { begun: [], slot: null, restored: null, wait: null };
    const draws = (news: string) => show({ kind: "opening", progress }, news);
    begin(
      async (signal) => {
        const onlooker = {
          step(step: Progress["begun"][number]["step"], slot: string | null) {
            if (step === "claim") progress.begun = [];
            progress.begun.push({ step, at: performance.now() });
            Object.assign(progress, { slot, restored: null, wait: null });
            draws(words().steps[step]);
          },
          restored(part: number) {
            progress.restored = part;
            paint();
          },
          waiting(problem: Problem, seconds: number) {
            progress.wait = { problem, until: performance.now() + seconds * 1000 };
            draws(`${sentence(problem)} ${words().tryingAgain} ${words().left(seconds)}.`);
          },
        };
        const entrance = await open(api, language(), onlooker, signal);
        enter(entrance, person ? unsaved.giveAlong(person.uid, entrance.session) : "");
      },
      (trouble) => {
        if (trouble instanceof Problem && trouble.name === "email-unverified") verify(null);
        else refresh(trouble);
      },
    );
  },

  cancel(): void {
    task.abort();
    window.stop(); // it may be on its way to the editor already
    refresh();
  },

  stop(session: OpenSession): void {
    if (view.kind === "home" && view.login.storage.left_out) {
      show({ kind: "confirm-stop", session, storage: view.login.storage });
      return;
    }
    show({ kind: "stopping", began: performance.now() }, words().stopping);
    begin(
      async (signal) => home(await stop(api, language(), session.session, signal), null, true),
      (trouble) => refresh(trouble),
    );
  },

  again(): void {
    refresh();
  },

  sendMail(address: string | null): void {
    const to = address ?? person?.email ?? "";
    begin(
      async () => {
        await accounts.sendMail(address);
        verify(to);
      },
      (trouble) => verify(null, trouble),
    );
  },

  verified(): void {
    if (view.kind === "verifying") verify(view.verifying.sentTo);
  },

  askToDelete(asked: boolean): void {
    show({ kind: "leaving", leaving: { who: person?.email ?? person?.name ?? "", asked }, trouble: null });
  },

  signOutEverywhere(): void {
    begin(
      async () => {
        await api.signOut(true);
        await gone(words().everywhereDone);
      },
      (trouble) => leaveTrouble(trouble),
    );
  },

  deleteAccount(): void {
    begin(
      async (signal) => {
        if (!(await accounts.showAgain())) return;
        await api.deleteAccount(signal);
        await gone(words().deleted);
      },
      (trouble) => leaveTrouble(trouble),
    );
  },

  discardUnsaved(): void {
    unsaved.discard();
    if (view.kind === "home") home(view.login, view.trouble, view.saved);
  },

  history(): void {
    look(null, view.kind === "home" && view.login.session !== null);
  },

  restore(snapshot: Snapshot, path: string | null): void {
    const done = path === null ? words().wentBack(timeOf(snapshot.at)) : words().broughtBack(path);
    work(words().goingBack, async (signal) => {
      await api.restore(snapshot.snapshot, path, signal);
      return done;
    });
  },

  older(next: number): void {
    if (view.kind !== "history") return;
    const { history } = view;
    begin(
      async (signal) => {
        const page = await api.snapshots(next, signal);
        const snapshots = [...(history.snapshots ?? []), ...page.snapshots];
        show({ kind: "history", history: { ...history, snapshots, next: page.next }, trouble: null });
      },
      (trouble) => show({ kind: "history", history, trouble }),
    );
  },

  download(snapshot: Snapshot): void {
    fetchHome(snapshot.snapshot);
  },

  bringBack(kept: LeftOutPackage, path: string | null): void {
    work(words().goingBack, async (signal) => {
      await api.restore(kept.snapshot, path, signal);
      return words().broughtBack(path ?? words().apart);
    });
  },

  downloadApart(kept: LeftOutPackage): void {
    fetchHome(kept.snapshot);
  },

  discard(kept: LeftOutPackage): void {
    if (!confirm(words().discardSure(timeOf(kept.at)))) return;
    work(words().starting, async () => {
      await api.discard(kept.snapshot);
      return words().discarded;
    });
  },

  usage(month: string | null): void {
    lookAtUsage(month, null);
  },

  usageRest(next: string): void {
    if (view.kind !== "usage" || view.shown.usage === null) return;
    const { shown } = view;
    const before = view.shown.usage;
    begin(
      async (signal) => {
        const usage = together(before, await api.usage(before.month, next, signal));
        show({ kind: "usage", shown: { ...shown, usage }, trouble: null });
      },
      (trouble) => show({ kind: "usage", shown, trouble }),
    );
  },

  usageTable(month: string): void {
    begin(
      async (signal) => keep(await api.usageTable(month, signal), `ondol-usage-${month}.csv`),
      (trouble) => lookAtUsage(month, null, trouble),
    );
  },

  changeZone(zone: string): void {
    begin(
      async (signal) => {
        await api.changeZone(zone, signal);
        lookAtUsage(null, words().zoneChanged(zone));
      },
      (trouble) => lookAtUsage(null, null, trouble),
    );
  },
};

/** Shows how the address is verified, and goes on once it is: with `sentTo`, the mail is on its way. */
function verify(sentTo: string | null, trouble: unknown = null): void {
  const address = person?.email ?? null;
  show({ kind: "verifying", verifying: { address, sentTo }, trouble }, sentTo ? words().verifySent(sentTo) : "");
  if (sentTo === null) return;
  begin(
    async (signal) => {
      while (!(await accounts.isVerified())) await pause(VERIFIED_EVERY, signal);
      signal.throwIfAborted();
      actions.open();
    },
    (worse) => verify(sentTo, worse),
  );
}

function leaveTrouble(trouble: unknown): void {
  show({ kind: "leaving", leaving: { who: person?.email ?? person?.name ?? "", asked: false }, trouble });
}

/** Ends everything of the sign-in here, and shows what came of it. */
async function gone(said: string): Promise<void> {
  leftWith = said;
  unsaved.forget();
  await accounts.signOut();
}

/** Shows what was used in a month, with what came of something before. */
function lookAtUsage(month: string | null, said: string | null, trouble: unknown = null): void {
  const before = view.kind === "usage" ? view.shown : { usage: null, newest: null };
  const told = (usage: Usage | null, newest: string | null) =>
    show({ kind: "usage", shown: { usage, newest, said }, trouble }, said ?? "");
  told(before.usage, before.newest);
  begin(
    async (signal) => {
      const usage = await api.usage(month, null, signal);
      told(usage, month === null ? usage.month : before.newest);
    },
    (worse) => show({ kind: "failed", trouble: worse }),
  );
}

/** Has the files of a snapshot packed, and downloads them. */
function fetchHome(snapshot: string): void {
  work(words().packing, async (signal) => {
    location.assign(await api.download(snapshot, signal));
    return words().downloading;
  });
}

/** Shows the history anew, with what came of something before. */
function look(said: string | null, open: boolean, trouble: unknown = null): void {
  const told = (page: { snapshots: Snapshot[] | null; next: number | null; left_out: LeftOutPackage[] }) =>
    show({ kind: "history", history: { ...page, open, said }, trouble }, said ?? "");
  told(view.kind === "history" ? view.history : { snapshots: null, next: null, left_out: [] });
  begin(
    async (signal) => told(await api.snapshots(null, signal)),
    (worse) => show({ kind: "failed", trouble: worse }),
  );
}

/** Does something with the history, says so meanwhile, and shows what it has become. */
function work(meanwhile: string, act: (signal: AbortSignal) => Promise<string>): void {
  if (view.kind !== "history") return;
  const { open } = view.history;
  show({ kind: "history", history: { ...view.history, said: meanwhile }, trouble: null }, meanwhile);
  begin(
    async (signal) => look(await act(signal), open),
    (trouble) => look(null, open || (trouble instanceof Problem && trouble.name === "session-open"), trouble),
  );
}

/**
 * The control plane is told first: an editor that is open in this browser is to close with it. Who shares a computer is
 * signed out of the page whether or not it answers.
 */
function signOut(): void {
  begin(
    async (signal) => gone((await isSignOutTold(signal)) ? words().signedOut : words().signedOutUntold),
    (trouble) => show({ kind: "failed", trouble }),
  );
}

/** The request goes on when it is not waited for any more. */
async function isSignOutTold(signal: AbortSignal): Promise<boolean> {
  const told = api.signOut(false).then(
    () => true,
    (trouble: unknown) => trouble instanceof Problem && trouble.name === "not-signed-in",
  );
  return Promise.race([told, pause(TOLD_WITHIN, signal).then(() => false)]);
}

function lookAgain(): void {
  if (person && view.kind === "home") refresh();
  else watchSession();
}

function watchPage(): void {
  // the member comes back from the editor's tab, or by the browser's Back button
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") lookAgain();
    else watchSession();
    listen();
  });
  window.addEventListener("pageshow", (event) => event.persisted && person && refresh());
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
    if (effectiveDirective !== "form-action") return;
    const trouble = new Problem("blocked", "", 0);
    show({ kind: "failed", trouble });
  });
  window.addEventListener("unhandledrejection", ({ reason }) => {
    show({ kind: "failed", trouble: reason });
  });
}

async function start(): Promise<void> {
  unsaved.takeHandedOver();
  watchPage();
  paint();
  const config = await readConfig();
  version = config.version;
  accounts = new Accounts(config);
  api = new Api(
    () => accounts.token(),
    () => accounts.browser,
  );
  accounts.watch((now) => {
    person = now;
    if (now) unsaved.forgetAllBut(now.uid);
    if (now) refresh();
    else if (view.kind !== "signed-out") {
      known = null;
      const left = view.kind !== "starting";
      show({ kind: "signed-out", ways: accounts.ways, trouble: null, said: leftWith }, left ? words().signedOut : "");
      leftWith = null;
    }
  });
}

start().catch((trouble: unknown) => show({ kind: "failed", trouble }));
