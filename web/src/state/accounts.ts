// Who is signed in, by Firebase Auth. It is loaded beside the page, which is drawn before it arrives.

import { type FirebaseError, initializeApp } from "@firebase/app";
import {
  type Auth,
  type AuthCredential,
  browserLocalPersistence,
  browserPopupRedirectResolver,
  connectAuthEmulator,
  GithubAuthProvider,
  GoogleAuthProvider,
  indexedDBLocalPersistence,
  initializeAuth,
  isSignInWithEmailLink,
  linkWithPopup,
  onAuthStateChanged,
  reauthenticateWithCredential,
  reauthenticateWithPopup,
  sendEmailVerification,
  sendSignInLinkToEmail,
  signInWithCredential,
  signInWithEmailLink,
  signInWithPopup,
  signOut,
  type User,
  verifyBeforeUpdateEmail,
} from "@firebase/auth";
import type { Config } from "./config";
import { addressWithoutLink, rememberLink } from "./emailLink";
import { keep, kept } from "./kept";
import { Problem } from "./problem";
import { MADE_UP, type MadeUp, type Person, type Way } from "./ways";

const BROWSER = "ondol-browser";

export class Accounts {
  private readonly auth: Auth;
  /** How a made-up person shows who they are; null for real ones. */
  private readonly reenter: ((user: User) => Promise<unknown>) | null = null;

  constructor(config: Config) {
    const app = initializeApp(config.firebase);
    // no popup resolver here: with one, the page would load a script from Google before anyone asks to sign in
    this.auth = initializeAuth(app, { persistence: [indexedDBLocalPersistence, browserLocalPersistence] });
    if (config.authEmulator) {
      connectAuthEmulator(this.auth, config.authEmulator, { disableWarnings: true });
      this.reenter = (user) => {
        const person = MADE_UP.find(({ name }) => name === user.displayName);
        if (!person) return Promise.reject(new Problem("sign-in-failed", "This is none of the made-up people.", 0));
        return reauthenticateWithCredential(user, identityOf(person));
      };
    }
  }

  /** Calls `changed` now and whenever someone else, or nobody, is signed in. Tabs of one browser share it. */
  watch(changed: (person: Person | null) => void): void {
    onAuthStateChanged(this.auth, (user) => {
      if (!user) keep(BROWSER, null); // the next sign-in is another one, also of the same person
      changed(user && { uid: user.uid, name: user.displayName, email: user.email });
    });
  }

  /** What this browser is called as long as its member is signed in: a slot's cookie is bound to it. */
  get browser(): string {
    const known = kept(BROWSER);
    if (known) return known;
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const made = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    keep(BROWSER, made);
    return made;
  }

  /** Sends the mail by which an address is verified; a new address becomes that of the sign-in then. */
  async sendMail(address: string | null): Promise<void> {
    const user = this.user();
    await (address ? verifyBeforeUpdateEmail(user, address) : sendEmailVerification(user)).catch(
      (error: FirebaseError) => {
        throw explain(error, "mail-not-sent");
      },
    );
  }

  /** Whether the address is verified by now. The token says so from then on too. */
  async isVerified(): Promise<boolean> {
    const user = this.user();
    try {
      await user.reload();
      if (!user.emailVerified) return false;
      await user.getIdToken(true);
      return true;
    } catch (error) {
      throw explain(error as FirebaseError, "unreachable");
    }
  }

  /** Asks the member who they are once more. False if they thought better of it. */
  showAgain(): Promise<boolean> {
    const user = this.user();
    const provider = user.providerData[0]?.providerId;
    if (this.reenter) return settle(this.reenter(user).then(() => user.getIdToken(true)));
    if (provider === "password") return Promise.resolve(true); // by a link: who signed in too long ago is told to do so again
    const way = provider === "github.com" ? new GithubAuthProvider() : new GoogleAuthProvider();
    const asked = reauthenticateWithPopup(user, way, browserPopupRedirectResolver);
    return settle(asked.then(() => user.getIdToken(true)));
  }

  /**
   * GitHub's token that reads private repositories; null if the member thought better of it. It is kept nowhere. A member
   * who came another way can sign in with GitHub too from then on.
   */
  async githubToken(): Promise<string | null> {
    const user = this.user();
    const way = new GithubAuthProvider();
    way.addScope("repo");
    const isLinked = user.providerData.some(({ providerId }) => providerId === way.providerId);
    const ask = isLinked ? reauthenticateWithPopup : linkWithPopup;
    try {
      const answer = await ask(user, way, browserPopupRedirectResolver);
      return GithubAuthProvider.credentialFromResult(answer)?.accessToken ?? null;
    } catch (error) {
      // the GitHub account signs in to another account here: its token reads the repository all the same
      const read = GithubAuthProvider.credentialFromError(error as FirebaseError)?.accessToken;
      if (read) return read;
      if (isGivenUp(error as FirebaseError)) return null;
      throw explain(error as FirebaseError, "sign-in-failed");
    }
  }

  /** False if the person thought better of it. */
  signIn(way: Way): Promise<boolean> {
    const entering = way.kind === "person" ? signInWithCredential(this.auth, identityOf(way)) : this.popUp(way);
    return settle(entering);
  }

  /** Sends a mail with a link that signs in whoever reads it. */
  async sendLink(address: string, locale: string): Promise<void> {
    this.auth.languageCode = locale;
    const leadsTo = { url: addressWithoutLink(), handleCodeInApp: true };
    await sendSignInLinkToEmail(this.auth, address, leadsTo).catch((error: FirebaseError) => {
      throw explain(error, "mail-not-sent");
    });
    rememberLink(address);
  }

  /** Whether the page's address is such a link. */
  get cameByLink(): boolean {
    return isSignInWithEmailLink(this.auth, location.href);
  }

  /** A link holds once, and for the address to which it was sent. The page's address is none any more then. */
  async enterByLink(address: string): Promise<void> {
    try {
      await signInWithEmailLink(this.auth, address, location.href);
      rememberLink(null);
    } catch (error) {
      const { code } = error as FirebaseError;
      throw code === "auth/invalid-email" ? new Problem("link-of-another", code, 0) : explain(error as FirebaseError, "sign-in-failed");
    }
  }

  private popUp(way: Way): Promise<unknown> {
    const provider = way.name === "GitHub" ? new GithubAuthProvider() : new GoogleAuthProvider();
    return signInWithPopup(this.auth, provider, browserPopupRedirectResolver);
  }

  private user(): User {
    const user = this.auth.currentUser;
    if (!user) throw new Problem("not-signed-in", "Nobody is signed in.", 401);
    return user;
  }

  async token(): Promise<string> {
    return this.user().getIdToken().catch((error: FirebaseError) => {
      throw explain(error, "not-signed-in");
    });
  }

  /** Whether the sign-in has a role below /api/admin, by the custom claims of its token. The functions ask for more. */
  async hasRole(): Promise<boolean> {
    const { claims } = await this.user().getIdTokenResult();
    return claims["admin"] === true || claims["auditor"] === true;
  }

  signOut(): Promise<void> {
    return signOut(this.auth);
  }
}

function identityOf({ sub, name, email, verified }: MadeUp): AuthCredential {
  const identity = JSON.stringify({ sub, name, email, email_verified: verified });
  return verified ? GoogleAuthProvider.credential(identity) : GithubAuthProvider.credential(identity);
}

async function settle(entering: Promise<unknown>): Promise<boolean> {
  try {
    await entering;
    return true;
  } catch (error) {
    if (isGivenUp(error as FirebaseError)) return false;
    throw explain(error as FirebaseError, "sign-in-failed");
  }
}

function isGivenUp({ code }: FirebaseError): boolean {
  return code === "auth/popup-closed-by-user" || code === "auth/cancelled-popup-request";
}

const PROBLEMS: Record<string, string> = {
  "auth/network-request-failed": "unreachable",
  "auth/popup-blocked": "popup-blocked",
  "auth/account-exists-with-different-credential": "other-provider",
  "auth/user-disabled": "account-suspended",
  "auth/user-token-expired": "not-signed-in",
  "auth/user-not-found": "not-signed-in",
  "auth/requires-recent-login": "sign-in-again",
  "auth/too-many-requests": "too-many-mails",
  "auth/email-already-in-use": "other-provider",
  "auth/invalid-email": "invalid-address",
  "auth/invalid-action-code": "link-used",
  "auth/expired-action-code": "link-used",
};

function explain(error: FirebaseError, otherwise: string): Problem {
  return new Problem(PROBLEMS[error.code] ?? otherwise, error.message, 0);
}
