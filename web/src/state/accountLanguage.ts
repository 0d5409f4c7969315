// The account's language: Ondol writes mails in it, and each browser of the member's speaks it from the sign-in on.

import { accountLanguage } from "../api";
import type { Client } from "../api/client";
import { keep, kept } from "./kept";
import { AGREED, CHOSEN, type Language, language, speak } from "./language.svelte";

export class AccountLanguage {
  private isSettled = false;
  private agreed: Language | null = null;
  private telling = Promise.resolve();

  constructor(private readonly client: Client) {}

  /**
   * By the first answer of the control plane. A choice made here before the sign-in stays, and is told by `follow`: it
   * differs from what was agreed on, or nothing is agreed on any more.
   */
  async settle(locale: string): Promise<void> {
    if (this.isSettled) return;
    const theirs: Language = locale.startsWith("ko") ? "ko" : "en";
    const own = kept(CHOSEN);
    const isNews = own !== null && own !== kept(AGREED);
    if (!isNews) await speak(theirs).catch(() => undefined); // without its words the page goes on, and speaks it next time
    keep(AGREED, theirs);
    this.agreed = isNews ? theirs : language();
    this.isSettled = true;
  }

  /** Tells the account what the member chose, one choice after the other. */
  follow(chosen: Language): void {
    this.telling = this.telling.then(() => this.tell(chosen));
  }

  /** A choice that does not arrive holds here, and is told at the next visit. */
  private async tell(chosen: Language): Promise<void> {
    if (!this.isSettled || chosen === this.agreed) return;
    this.agree(null); // the answer may get lost
    const told = await accountLanguage({ client: this.client, body: { locale: chosen } }).catch(() => null);
    if (told) this.agree(chosen);
  }

  private agree(on: Language | null): void {
    this.agreed = on;
    keep(AGREED, on);
  }
}
