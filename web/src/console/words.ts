// The console's own words, in the language that the page speaks. They come with the console, which members never load.

import type { Adaptive, ByHour, LineView } from "../api";
import { language } from "../state/language.svelte";
import { runs } from "./numbers";
import { type ConsoleWords, words as en } from "./strings/en";
import { words as ko } from "./strings/ko";

export function say(): ConsoleWords {
  return language() === "ko" ? ko : en;
}

/** The policy of the pool, as the audit log has it. */
function toldPolicy(text: string): string {
  const policy = JSON.parse(text) as ByHour | Adaptive;
  if (policy.type === "by-hour") return `${say().keeping.byHour(policy.zone)} ${runs(policy.warm)}`;
  return say().keeping.adaptive(policy.least, policy.most, policy.weeks, policy.miss_cents);
}

/** What a line of the audit log has of before or after a change. */
export function toldValues(values: LineView["before"]): string {
  return Object.entries(values).map(([name, value]) => name === "policy" && value !== null ? toldPolicy(String(value)) : say().valueOf(name, value)).join(", ") || say().nothing;
}
