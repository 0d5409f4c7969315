// What the estimate says. Only whoever looks at it loads it, in both languages: a change of language waits for nothing.

import { language } from "../../state/language.svelte";
import { type EstimateWords, words as en } from "./strings/en";
import { words as ko } from "./strings/ko";

export function said(): EstimateWords {
  return language() === "ko" ? ko : en;
}
