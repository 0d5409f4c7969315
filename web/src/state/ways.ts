// The ways to sign in, and who may be signed in. Drawn before Firebase Auth is loaded.

import type { Config } from "./config";

/** A made-up person, of whom the Auth emulator believes everything. */
export interface MadeUp {
  kind: "person";
  sub: string;
  name: string;
  email: string;
  verified: boolean;
}

/** One button of the sign-in page. */
export type Way = MadeUp | { kind: "provider"; name: "Google" | "GitHub" };

export interface Person {
  uid: string;
  name: string | null;
  email: string | null;
}

export const MADE_UP: readonly MadeUp[] = [
  { kind: "person", sub: "haneul", name: "Haneul Kim", email: "haneul@example.com", verified: true },
  { kind: "person", sub: "minji", name: "Minji Park", email: "minji@example.com", verified: true },
  { kind: "person", sub: "ada", name: "Ada Lovelace", email: "ada@example.com", verified: true },
  { kind: "person", sub: "alan", name: "Alan Turing", email: "alan@example.com", verified: true },
  // as GitHub's sign-ins often are
  { kind: "person", sub: "sujin", name: "Sujin Lee", email: "sujin@example.com", verified: false },
];

export function waysOf({ authEmulator }: Config): readonly Way[] {
  if (authEmulator) return MADE_UP;
  return [
    { kind: "provider", name: "Google" },
    { kind: "provider", name: "GitHub" },
  ];
}
