// The control plane as the page calls it: one method a call. Each raises Problem.
// What crosses the wire is in ../api/, which `make schema` makes from the functions.

import * as calls from "../api";
import type { AllocateAnswer, BillingAnswer, FolderView, History, LoginAnswer, Moved, ProblemAnswer, Ready, ReleaseAnswer, Restored, UsageAnswer } from "../api";
import { createClient } from "../api/client";
import type { Language } from "./language.svelte";
import { pause } from "./pause";
import { Problem } from "./problem";
import { browsersZone } from "./shown";

export interface Login extends LoginAnswer {
  /** When the answer arrived, whose `now` it has: milliseconds of performance.now. */
  arrived: number;
}

export class Api {
  readonly client;

  constructor(
    /** The member's ID token, fresh. Raises Problem "not-signed-in" when there is none. */
    token: () => Promise<string>,
    /** What this browser is called while its member is signed in. */
    private readonly browser: () => string,
  ) {
    this.client = createClient({ baseUrl: "/api", throwOnError: true, auth: token });
    this.client.interceptors.request.use((request) => {
      request.headers.set("traceparent", newTrace());
      return request;
    });
    this.client.interceptors.error.use((error, response, _request, { signal }) => {
      if (error instanceof Problem || response?.ok) return error;
      if (response) return readProblem(response, error);
      signal?.throwIfAborted();
      return new Problem("unreachable", String(error), 0);
    });
  }

  async login(locale: string, signal?: AbortSignal): Promise<Login> {
    const body = { time_zone: browsersZone(), locale };
    const { data } = await calls.login({ client: this.client, body, signal: signal ?? null });
    return { ...data, arrived: performance.now() };
  }

  /** `project`: the answer is to have a token for bringing a project in. */
  async allocate(locale: string, project: boolean, signal: AbortSignal): Promise<AllocateAnswer> {
    const body = { browser: this.browser(), project, locale };
    return (await calls.allocate({ client: this.client, body, signal })).data;
  }

  /** A member who signs out and closes the page at once has still signed out. */
  async signOut(everywhere: boolean): Promise<void> {
    await calls.accountSignOut({ client: this.client, body: { browser: this.browser(), everywhere }, keepalive: true });
  }

  async deleteAccount(signal: AbortSignal): Promise<void> {
    await calls.accountDelete({ client: this.client, body: {}, signal });
  }

  /** A member who presses Stop and closes the page at once has still pressed Stop. */
  async release(session: string): Promise<ReleaseAnswer> {
    return (await calls.release({ client: this.client, body: { session }, keepalive: true })).data;
  }

  /** The newest unless they are to be older than a page before. */
  async snapshots(after: number | null, signal: AbortSignal): Promise<History> {
    return (await calls.snapshots({ client: this.client, query: after === null ? {} : { after }, signal })).data;
  }

  /** A folder of a snapshot, "" for the home itself; the first page unless it is to go on after a name. */
  async files(snapshot: string, folder: string, after: string | null, signal: AbortSignal): Promise<FolderView> {
    const query = { snapshot, folder, ...(after !== null && { after }) };
    return (await calls.snapshotsFiles({ client: this.client, query, signal })).data;
  }

  /** Gives up what a session has kept apart. */
  async discard(snapshot: string): Promise<void> {
    await calls.snapshotsDiscard({ client: this.client, body: { snapshot } });
  }

  /** Goes back to a snapshot, or brings one path of it back. */
  async restore(snapshot: string, path: string | null, signal: AbortSignal): Promise<Restored> {
    return (await calls.snapshotsRestore({ client: this.client, body: { snapshot, path }, signal })).data;
  }

  /** A whole home, once it is put together; of the newest snapshot if it is null. */
  async download(snapshot: string | null, signal: AbortSignal): Promise<Ready> {
    for (;;) {
      const { data, response } = await calls.snapshotsDownload({ client: this.client, body: { snapshot }, signal });
      if ("url" in data) return data;
      await pause(1000 * (waitOf(response) ?? 2), signal);
    }
  }

  /** Of the month that it is now unless one is given. */
  async usage(month: string | null, after: string | null, signal: AbortSignal): Promise<UsageAnswer> {
    const query = { ...(month !== null && { month }), ...(after !== null && { after }) };
    return (await calls.usage({ client: this.client, query, signal })).data;
  }

  /** The month's sessions as CSV. */
  async usageTable(month: string, signal: AbortSignal): Promise<Blob> {
    const parts: string[] = [];
    let query: { month: string; after?: string } | null = { month };
    while (query !== null) {
      const { data, response }: { data: string; response: Response } = await calls.usageCsv({ client: this.client, query, signal });
      parts.push(data);
      const after = new URLSearchParams(/^<([^>]*)>; rel="next"$/.exec(response.headers.get("Link") ?? "")?.[1]).get("after");
      query = after === null ? null : { month, after };
    }
    return new Blob(parts, { type: "text/csv" });
  }

  /** `team`, here and below: of the member's team. */
  async billing(team: boolean, signal: AbortSignal): Promise<BillingAnswer> {
    return (await calls.billing({ client: this.client, query: team ? { team } : {}, signal })).data;
  }

  /** The address of the page on which a plan is paid for. */
  async checkout(plan: string, team: boolean, language: Language, signal: AbortSignal): Promise<string> {
    return (await calls.billingCheckout({ client: this.client, body: { plan, language, ...(team && { team }) }, signal })).data.url;
  }

  /** The address of the page for cards, invoices and cancellation; with a plan, of the one that confirms the change to it. */
  async portal(plan: string | null, team: boolean, language: Language, signal: AbortSignal): Promise<string> {
    return (await calls.billingPortal({ client: this.client, body: { plan, language, ...(team && { team }) }, signal })).data.url;
  }

  async changeZone(time_zone: string, signal: AbortSignal): Promise<Moved> {
    return (await calls.usageZone({ client: this.client, body: { time_zone }, signal })).data;
  }
}

/** A trace of its own for a request (W3C Trace Context): the logs of all that comes of the request have its id. */
function newTrace(): string {
  return `00-${randomHex(16)}-${randomHex(8)}-01`;
}

function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function waitOf(answer: Response): number | null {
  const seconds = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
  return Number.isNaN(seconds) ? null : seconds;
}

function readProblem(answer: Response, body: unknown): Problem {
  const wait = waitOf(answer);
  if (!answer.headers.get("Content-Type")?.startsWith("application/problem+json")) {
    return new Problem("unreachable", `HTTP ${answer.status}`, answer.status, wait); // a proxy or load balancer spoke
  }
  const { type, title, detail } = body as Partial<ProblemAnswer>;
  return new Problem(type?.split("/").pop() ?? "internal", detail ?? title ?? "", answer.status, wait);
}
