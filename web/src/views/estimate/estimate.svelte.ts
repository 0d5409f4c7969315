// The estimate's state: the inputs, which the address keeps, and what was answered to them last.

import { untrack } from "svelte";
import * as calls from "../../api";
import type { EstimateAnswer } from "../../api";
import { createClient } from "../../api/client";
import type { Language } from "../../state/language.svelte";
import { pause } from "../../state/pause";
import { Problem } from "../../state/problem";
import { type Asked, readInputs, type Slider, STEPS, writeInputs } from "./inputs";

/** A slider that is being drawn asks once it rests for so many milliseconds. */
const REST = 150;
/** Browsers refuse more than a hundred changes of the address in 30 s, so it follows what rests for so long. */
const ADDRESS_REST = 350;
/** Refusals that say more to a visitor than that nothing was answered. */
const SAID = ["too-many-requests", "prices-wrong"];

/** What the client answers, which throws at nothing. */
type Answered = { data?: EstimateAnswer; error?: { type?: string; detail?: string }; response?: Response };

export class Estimate {
  asked = $state<Asked>(readInputs(location.search));
  /** Undefined until there is one; what it was until there is another. */
  answer = $state.raw<EstimateAnswer>();
  trouble = $state.raw<unknown>(null);
  readonly query = $derived(writeInputs(this.asked));
  private readonly client = createClient({ baseUrl: "/api" });
  private asking = new AbortController();

  slide(name: Slider, step: number): void {
    this.asked[name] = STEPS[name][step] ?? this.asked[name];
  }

  /** The spreadsheet with the inputs. */
  addressOfSpreadsheet(language: Language): string {
    return `/api/estimate/spreadsheet?${new URLSearchParams({ ...entries(this.asked), language })}`;
  }

  /** Asks for what the inputs cost, and keeps them in the address. */
  ask(language: Language): void {
    const asked = $state.snapshot(this.asked);
    this.asking.abort();
    this.asking = new AbortController();
    // the view asks when the inputs change: an answer must not make it ask again
    const rest = untrack(() => this.answer) ? REST : 0;
    void this.follow({ ...asked, language }, rest, this.asking.signal);
    void this.keep(this.query, this.asking.signal);
  }

  end(): void {
    this.asking.abort();
  }

  private async keep(query: string, signal: AbortSignal): Promise<void> {
    await pause(ADDRESS_REST, signal).catch(() => undefined);
    if (!signal.aborted) history.replaceState(null, "", `${location.pathname}${query}`);
  }

  private async follow(query: Asked & { language: Language }, rest: number, signal: AbortSignal): Promise<void> {
    try {
      await pause(rest, signal);
      const answered: Answered = await calls.estimate({ client: this.client, query, signal });
      const { data, error, response } = answered;
      if (signal.aborted) return;
      if (!data) throw new Problem(SAID.find((name) => error?.type?.endsWith(`/${name}`)) ?? "unreachable", error?.detail ?? "", response?.status ?? 0);
      this.answer = data;
      this.trouble = null;
    } catch (trouble) {
      if (!signal.aborted) this.trouble = trouble;
    }
  }
}

function entries(asked: Asked): Record<string, string> {
  return Object.fromEntries(Object.entries(asked).map(([name, value]) => [name, `${value}`]));
}
