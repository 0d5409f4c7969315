// The one kind of error that calls of the control plane and sign-ins raise, and how it is said.

import { words } from "./language.svelte";

/** A refusal (RFC 9457). `name` is the last part of its type; "unreachable" is the page's own: no function answered. */
export class Problem extends Error {
  constructor(
    readonly name: string,
    readonly detail: string,
    readonly status: number,
    /** Seconds after which it may work, if the control plane said so. */
    readonly retryAfter: number | null = null,
  ) {
    super(`${name}: ${detail}`);
  }

  /** It may well work in a while. */
  get passing(): boolean {
    return this.status === 503 || this.name === "unreachable" || this.name === "too-many-requests";
  }

  /** Nothing answered at all, neither a function nor a proxy before it. */
  get isOfNetwork(): boolean {
    return this.name === "unreachable" && this.status === 0;
  }
}

export function isProblem(trouble: unknown, name: string): boolean {
  return trouble instanceof Problem && trouble.name === name;
}

/** What went wrong, as a sentence in the member's language. */
export function sentence(trouble: unknown): string {
  if (trouble instanceof Problem) return words().problems[trouble.name] ?? trouble.detail;
  return words().common.unexpected(trouble instanceof Error ? trouble.message : String(trouble));
}
