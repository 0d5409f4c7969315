// What surrounds every view: the languages above it, and below it who is signed in.

import type { Person } from "./account";
import { button, h } from "./dom";
import { type Language, language, words } from "./language";

export function drawLanguages(choose: (language: Language) => void): HTMLElement[] {
  return (["ko", "en"] as const).map((each) => {
    const element = button(`speak-${each}`, each === "ko" ? "한국어" : "English", () => choose(each), "small");
    element.lang = each;
    element.ariaPressed = String(each === language());
    return element;
  });
}

export function drawFooter(person: Person | null, version: string, signOut: () => void): Node[] {
  const who = person && h("span", {}, person.email ?? person.name ?? "");
  const leave = person && button("sign-out", words().signOut, signOut, "small");
  const which = h("span", { className: "quiet" }, `Ondol ${version}`);
  return [who, leave, which].filter((each) => each !== null);
}
