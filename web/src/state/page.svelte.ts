// The page: the one view that it shows, the one piece of work that is under way, and who is signed in.

import type { Accounts } from "./accounts";
import type { Config } from "./config";
import { addressWithoutLink, linkSentTo } from "./emailLink";
import { handOver, keepInvitation, takeInvitation } from "./invited";
import type { Saying } from "./language.svelte";
import { language, words } from "./language.svelte";
import type { Member } from "./member.svelte";
import { isProblem } from "./problem";
import { type Aside, asideAt, isInTheWay, pathOf, type View } from "./views";
import type { Person, Way } from "./ways";

export class Page {
  view = $state.raw<View>({ kind: "starting" });
  /** For who can't see the view: what has just become of something. Alerts in the view speak for themselves. */
  news = $state("");
  /** Null until the page was told where it runs. */
  config = $state.raw<Config | null>(null);
  /** Null while nobody is signed in. */
  member = $state.raw<Member | null>(null);
  /** Whoever is signed in, also while what is known of them is loaded. */
  person: Person | null = null;
  /** The address is a link of a mail that signs in, and this browser does not know whose. */
  cameByLink = $state(false);
  accounts: Promise<Accounts> | null = null;
  /** The token of an invitation whose link was opened in this tab. */
  invitation: string | null = null;
  /** The view is another one, and its heading has not taken the focus yet. */
  turned = false;
  /** Called whenever a view was shown. */
  onShown: () => void = () => undefined;
  /** Said when nobody is signed in any more. */
  leftWith: Saying | null = null;
  /** Ends what is under way when the member turns to something else. */
  private task = new AbortController();

  show(next: View, news = ""): void {
    const first = this.view.kind === "starting"; // shown where the address leads, and nobody has turned to it
    this.turned ||= next.kind !== this.view.kind && !first;
    this.view = next;
    this.news = news;
    if (!first && !isInTheWay(next.kind)) this.leadTo(pathOf(next.kind));
    this.onShown();
  }

  /** Gives the page this path. One that it has keeps what stands behind it, as a repository that a link has brought. */
  private leadTo(path: string): void {
    if (location.pathname !== path) history.pushState(null, "", path);
  }

  /** By a link to the view, unless it is to open in a tab of its own. */
  follow(event: MouseEvent, to: "home" | Aside): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    this.member?.go(to);
  }

  fail(trouble: unknown): void {
    this.show({ kind: "failed", trouble });
  }

  /** `said`: what came of the sign-out, if it is to be read. */
  showSignedOut(trouble: unknown, said: Saying | null = null, news = ""): void {
    this.show({ kind: "signed-out", trouble, said: said ?? this.saysWhy() }, news);
  }

  /** Why to sign in, for whoever an address led here. */
  private saysWhy(): Saying | null {
    if (this.invitation) return ({ front }) => front.invited;
    return asideAt(location.pathname) === "new" ? ({ front }) => front.beginBySignIn : null;
  }

  takeInvitation(): void {
    this.invitation = takeInvitation();
  }

  /** It was used, or given up. */
  forgetInvitation(): void {
    keepInvitation((this.invitation = null));
  }

  /** Nobody is signed in, or no longer. */
  nobody(): void {
    this.member = null;
    if (this.leftWith) this.leadTo("/"); // the next one who signs in wants to see something else
    if (this.view.kind === "signed-out") return;
    this.showSignedOut(null, this.leftWith, this.view.kind === "starting" ? "" : words().frame.signedOut);
    this.leftWith = null;
  }

  async signIn(way: Way): Promise<void> {
    try {
      await (await this.accounts)?.signIn(way);
    } catch (trouble) {
      this.showSignedOut(trouble);
    }
  }

  /** Whether the mail was sent. */
  async sendLink(address: string): Promise<boolean> {
    try {
      await (await this.accounts)?.sendLink(address, language());
      handOver(this.invitation);
      return true;
    } catch (trouble) {
      this.showSignedOut(trouble);
      return false;
    }
  }

  /** Signs in by the link of a mail, if the address is one and this browser had it sent; asks for the address otherwise. */
  async arriveByLink(accounts: Accounts): Promise<void> {
    if (!accounts.cameByLink) return;
    this.cameByLink = true;
    const address = linkSentTo();
    if (address === null) this.showSignedOut(null);
    else await this.enterByLink(address);
  }

  async enterByLink(address: string): Promise<void> {
    try {
      await (await this.accounts)?.enterByLink(address);
      this.forgetLink();
    } catch (trouble) {
      if (isProblem(trouble, "link-used")) this.forgetLink();
      this.showSignedOut(trouble);
    }
  }

  private forgetLink(): void {
    this.cameByLink = false;
    history.replaceState(null, "", addressWithoutLink());
  }

  /** Runs `work` as the one thing under way. Whatever it raises goes to `failed`, but not its being given up. */
  begin(work: (signal: AbortSignal) => Promise<void>, failed: (trouble: unknown) => void): void {
    this.giveUp();
    const own = new AbortController();
    this.task = own;
    work(own.signal).catch((trouble: unknown) => {
      if (own.signal.aborted) return;
      if (isProblem(trouble, "not-signed-in")) void this.expire(trouble);
      else failed(trouble);
    });
  }

  giveUp(): void {
    this.task.abort();
  }

  private async expire(trouble: unknown): Promise<void> {
    await (await this.accounts)?.signOut();
    this.showSignedOut(trouble);
  }
}
