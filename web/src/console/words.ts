// The console's own words, in the language that the page speaks. They come with the console, which members never load.

import type { LineView } from "../api";
import { language } from "../state/language.svelte";
import { type ConsoleWords, words as en } from "./strings/en";
import { words as ko } from "./strings/ko";

export function say(): ConsoleWords {
  return language() === "ko" ? ko : en;
}

/** What a line of the audit log has of before or after a change. */
export function toldValues(values: LineView["before"]): string {
  return Object.entries(values).map(([name, value]) => say().valueOf(name, value)).join(", ") || say().nothing;
}
