// Who is signed in, and the ways to sign in. The only place that knows whether people are real or made up.

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
  onAuthStateChanged,
  reauthenticateWithCredential,
  reauthenticateWithPopup,
  sendEmailVerification,
  signInWithCredential,
  signInWithPopup,
  signOut,
  type User,
  verifyBeforeUpdateEmail,
} from "@firebase/auth";
import { Problem } from "./api";
import type { Config } from "./config";

/** One button of the sign-in page. `signIn` resolves to false if the person thought better of it. */
export interface Way {
  kind: "person" | "provider";
  name: string;
  email: string | null;
  signIn: () => Promise<boolean>;
}

export interface Person {
  uid: string;
  name: string | null;
  email: string | null;
}

const MADE_UP = [
  { sub: "haneul", name: "Haneul Kim", email: "haneul@example.com", verified: true },
  { sub: "minji", name: "Minji Park", email: "minji@example.com", verified: true },
  { sub: "ada", name: "Ada Lovelace", email: "ada@example.com", verified: true },
  { sub: "alan", name: "Alan Turing", email: "alan@example.com", verified: true },
  // as GitHub's sign-ins often are
  { sub: "sujin", name: "Sujin Lee", email: "sujin@example.com", verified: false },
];

type MadeUp = (typeof MADE_UP)[number];

const BROWSER = "ondol-browser";

export class Accounts {
  readonly ways: Way[];
  private readonly auth: Auth;
  /** How a made-up person shows who they are; null for real ones. */
  private readonly reenter: ((user: User) => Promise<unknown>) | null = null;

  constructor(config: Config) {
    const app = initializeApp(config.firebase);
    // no popup resolver here: with one, the page would load a script from Google before anyone asks to sign in
    this.auth = initializeAuth(app, { persistence: [indexedDBLocalPersistence, browserLocalPersistence] });
    if (config.authEmulator) {
      connectAuthEmulator(this.auth, config.authEmulator, { disableWarnings: true });
      this.ways = MADE_UP.map((person) => this.madeUp(person));
      this.reenter = (user) => {
        const person = MADE_UP.find(({ name }) => name === user.displayName);
        if (!person) return Promise.reject(new Problem("sign-in-failed", "This is none of the made-up people.", 0));
        return reauthenticateWithCredential(user, identityOf(person));
      };
    } else {
      this.ways = [this.popup("Google", new GoogleAuthProvider()), this.popup("GitHub", new GithubAuthProvider())];
    }
  }

  /** Calls `changed` now and whenever someone else, or nobody, is signed in. Tabs of one browser share it. */
  watch(changed: (person: Person | null) => void): void {
    onAuthStateChanged(this.auth, (user) => {
      if (!user) localStorage.removeItem(BROWSER); // the next sign-in is another one, also of the same person
      changed(user && { uid: user.uid, name: user.displayName, email: user.email });
    });
  }

  /** What this browser is called as long as its member is signed in: a slot's cookie is bound to it. */
  get browser(): string {
    const known = localStorage.getItem(BROWSER);
    if (known) return known;
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const made = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    localStorage.setItem(BROWSER, made);
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
    const way = provider === "github.com" ? new GithubAuthProvider() : new GoogleAuthProvider();
    const asked = reauthenticateWithPopup(user, way, browserPopupRedirectResolver);
    return settle(asked.then(() => user.getIdToken(true)));
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

  signOut(): Promise<void> {
    return signOut(this.auth);
  }

  private madeUp(person: MadeUp): Way {
    const enter = () => signInWithCredential(this.auth, identityOf(person));
    return { kind: "person", name: person.name, email: person.email, signIn: () => settle(enter()) };
  }

  private popup(name: string, provider: GoogleAuthProvider | GithubAuthProvider): Way {
    const enter = () => signInWithPopup(this.auth, provider, browserPopupRedirectResolver);
    return { kind: "provider", name, email: null, signIn: () => settle(enter()) };
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
    const { code } = error as FirebaseError;
    if (code === "auth/popup-closed-by-user" || code === "auth/cancelled-popup-request") return false;
    throw explain(error as FirebaseError, "sign-in-failed");
  }
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
};

function explain(error: FirebaseError, otherwise: string): Problem {
  return new Problem(PROBLEMS[error.code] ?? otherwise, error.message, 0);
}
