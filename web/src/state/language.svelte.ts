// Which language the page speaks: the browser's, until somebody chooses; the choice is remembered, and a member's goes to
// their account (accountLanguage.ts). Only the table of the language that is spoken is loaded, and of that what
// everybody reads before what members read.

import type { Rest, Words } from "../strings/en";
import type { First } from "../strings/en/first";
import { keep, kept } from "./kept";

export type Language = "en" | "ko";
/** A sentence that is kept while the language may change. */
export type Saying = (words: Words) => string;

interface Table {
  first: () => Promise<{ words: First }>;
  rest: () => Promise<{ words: Rest }>;
}

const TABLES: Record<Language, Table> = {
  en: { first: () => import("../strings/en/first"), rest: () => import("../strings/en") },
  ko: { first: () => import("../strings/ko/first"), rest: () => import("../strings/ko") },
};
export const LANGUAGES: Record<Language, string> = { ko: "한국어", en: "English" };
/** What was chosen in this browser, or for it. */
export const CHOSEN = "ondol.language";
/** The language that the account of the last sign-in has, for all that this browser knows (accountLanguage.ts). */
export const AGREED = "ondol.language-agreed";

let spoken = $state<Language>(preferred());
let table = $state.raw<Words>();
let membersWords: Promise<void> | null = null;

export function language(): Language {
  return spoken;
}

/** Only after `loadWords`; what members read, only after `loadMembersWords`. */
export function words(): Words {
  if (!table) throw new Error("no language is loaded yet");
  return table;
}

/** Before anything is drawn. */
export async function loadWords(): Promise<void> {
  await learn(spoken);
}

export function loadMembersWords(): Promise<void> {
  membersWords ??= learn(spoken, true);
  return membersWords;
}

export async function speak(chosen: Language): Promise<void> {
  keep(CHOSEN, chosen);
  await learn(chosen);
}

/** Nobody is signed in: the choice is for whoever signs in next, whatever another account had agreed on here. */
export function chooseForNext(chosen: Language): Promise<void> {
  keep(AGREED, null);
  return speak(chosen);
}

async function learn(chosen: Language, isForMember = membersWords !== null): Promise<void> {
  const { first, rest } = TABLES[chosen];
  const [early, late] = await Promise.all([first(), isForMember ? rest() : null]);
  spoken = chosen;
  const problems = { ...early.words.problems, ...late?.words.refusals };
  table = { ...early.words, ...late?.words, problems } as Words;
  document.documentElement.lang = chosen;
}

function preferred(): Language {
  const chosen = kept(CHOSEN);
  if (chosen === "en" || chosen === "ko") return chosen;
  return navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en";
}
