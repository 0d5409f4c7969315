// Light, dark, or as the system has it: the choice is remembered. design/tokens.css has the colours of each.

import { keep, kept } from "./kept";

export type Theme = "system" | "light" | "dark";
export const THEMES: readonly Theme[] = ["system", "light", "dark"];
const KEY = "ondol.theme";

let chosen = $state<Theme>(THEMES.find((each) => each === kept(KEY)) ?? "system");

export function theme(): Theme {
  return chosen;
}

export function chooseTheme(next: Theme): void {
  chosen = next;
  keep(KEY, next === "system" ? null : next);
  showTheme();
}

/** Before anything is drawn: nothing turns from light to dark while it is looked at. */
export function showTheme(): void {
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}
