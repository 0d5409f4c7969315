// The console's own words, in the language that the page speaks. They come with the console, which members never load.

import { language } from "../state/language.svelte";
import { type ConsoleWords, words as en } from "./strings/en";
import { words as ko } from "./strings/ko";

export function say(): ConsoleWords {
  return language() === "ko" ? ko : en;
}
