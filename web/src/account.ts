// Who is signed in, and the ways to sign in. The only place that knows whether people are real or made up.

import { type FirebaseError, initializeApp } from "@firebase/app";
import {
  type Auth,
  browserLocalPersistence,
  browserPopupRedirectResolver,
  connectAuthEmulator,
  GithubAuthProvider,
  GoogleAuthProvider,
  indexedDBLocalPersistence,
  initializeAuth,
  onAuthStateChanged,
  signInWithCredential,
  signInWithPopup,
  signOut,
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
  { sub: "haneul", name: "Haneul Kim", email: "haneul@example.com" },
  { sub: "minji", name: "Minji Park", email: "minji@example.com" },
  { sub: "ada", name: "Ada Lovelace", email: "ada@example.com" },
  { sub: "alan", name: "Alan Turing", email: "alan@example.com" },
];

export class Accounts {
  readonly ways: Way[];
  private readonly auth: Auth;

  constructor(config: Config) {
    const app = initializeApp(config.firebase);
    // no popup resolver here: with one, the page would load a script from Google before anyone asks to sign in
    this.auth = initializeAuth(app, { persistence: [indexedDBLocalPersistence, browserLocalPersistence] });
    if (config.authEmulator) {
      connectAuthEmulator(this.auth, config.authEmulator, { disableWarnings: true });
      this.ways = MADE_UP.map((person) => this.madeUp(person));
    } else {
      this.ways = [this.popup("Google", new GoogleAuthProvider()), this.popup("GitHub", new GithubAuthProvider())];
    }
  }

  /** Calls `changed` now and whenever someone else, or nobody, is signed in. Tabs of one browser share it. */
  watch(changed: (person: Person | null) => void): void {
    onAuthStateChanged(this.auth, (user) => {
      changed(user && { uid: user.uid, name: user.displayName, email: user.email });
    });
  }

  async token(): Promise<string> {
    const user = this.auth.currentUser;
    if (!user) throw new Problem("not-signed-in", "Nobody is signed in.", 401);
    return user.getIdToken().catch((error: FirebaseError) => {
      throw explain(error, "not-signed-in");
    });
  }

  signOut(): Promise<void> {
    return signOut(this.auth);
  }

  private madeUp({ sub, name, email }: (typeof MADE_UP)[number]): Way {
    const identity = JSON.stringify({ sub, name, email, email_verified: true });
    const enter = () => signInWithCredential(this.auth, GoogleAuthProvider.credential(identity));
    return { kind: "person", name, email, signIn: () => settle(enter()) };
  }

  private popup(name: string, provider: GoogleAuthProvider | GithubAuthProvider): Way {
    const enter = () => signInWithPopup(this.auth, provider, browserPopupRedirectResolver);
    return { kind: "provider", name, email: null, signIn: () => settle(enter()) };
  }
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
};

function explain(error: FirebaseError, otherwise: string): Problem {
  return new Problem(PROBLEMS[error.code] ?? otherwise, error.message, 0);
}
