// Which language the page speaks: the browser's, until the member chooses; the choice is remembered.

import { en, type Words } from "./strings/en";
import { ko } from "./strings/ko";

export type Language = "en" | "ko";

const TABLES: Record<Language, Words> = { en, ko };
const KEY = "ondol.language";

let spoken: Language = remembered() ?? (navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en");

export function language(): Language {
  return spoken;
}

export function words(): Words {
  return TABLES[spoken];
}

export function speak(chosen: Language): void {
  spoken = chosen;
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // a browser that keeps nothing for this page still speaks it until the page is closed
  }
}

function remembered(): Language | null {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "en" || kept === "ko" ? kept : null;
  } catch {
    return null;
  }
}
