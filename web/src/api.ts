// The control plane as the page sees it: its calls, their answers, and the one kind of error they raise.

import { browsersZone, pause } from "./clock";

type SessionState = "opening" | "active" | "draining";

/** Times are Unix seconds on the control plane's clock. */
export interface OpenSession {
  session: string;
  state: SessionState;
  opened: number;
  slot_origin: string;
  saved_at: number | null;
  /** When the plan's time is used up if it goes on being used. */
  deadline: number | null;
  /** Until when at the latest a job is kept at work without a browser. */
  background: number | null;
  /** When the member is warned, and when it ends, if nothing more happens in it; null while its editor is open nowhere. */
  idle: { warned_from: number; ends: number } | null;
}

export interface LastSession {
  reason: string | null;
  ended: number | null;
  saved_at: number | null;
}

/** Sizes are bytes. */
export interface Storage {
  state: "ok" | "over";
  used: number;
  limit: number | null;
  /** How much has to be deleted for all to be saved. */
  over: number;
  largest: { path: string; bytes: number }[];
  /** The smallest plan that all of it fits into. */
  lifted_by: string | null;
  /** What is in the home and in no save; of a workspace that is closed, what was so as it was closed. */
  left_out: LeftOut | null;
  /** Bytes that sessions have kept apart. */
  apart: number;
}

/** In bytes, and the largest by name. */
export interface LeftOut {
  count: number;
  bytes: number;
  /** What is not even kept apart when the session ends. */
  lost_bytes: number;
  entries: { path: string; bytes: number; kind: "dependencies" | "folder" | "file"; kept: boolean }[];
}

/** What a session has left out and kept apart, by its snapshot's id. */
export interface LeftOutPackage {
  snapshot: string;
  at: number;
  expires: number;
  bytes: number;
  /** The plan has room for all of it. */
  fits: boolean;
  left_out: LeftOut;
}

export interface Snapshot {
  snapshot: string;
  at: number;
  bytes: number;
  files: number;
  current: boolean;
  /** A session was stopped with it. */
  final: boolean;
  /** The path that it brought back. */
  returned: string | null;
  /** How many of the member's files changed with it, and a few of them; null if that is not known. */
  changes: Changes | null;
}

export interface Changes {
  added: number;
  changed: number;
  removed: number;
  paths: { path: string; how: "added" | "changed" | "removed" }[];
}

/** Newest first; `next` asks for those that are older. */
export interface HistoryPage {
  snapshots: Snapshot[];
  /** What sessions have left out and kept apart, with the first page. */
  left_out: LeftOutPackage[];
  next: number | null;
}

/** What the plan grants in this period, and what is left of it: seconds, null without limit. */
export interface Allowance {
  granted: number | null;
  seconds: number | null;
  /** When it grants anew. */
  renews: number;
  /** The smallest plan that has more, once nothing is left. */
  lifted_by: string | null;
  bytes: number | null;
}

export interface Login {
  /** On the control plane's clock, when it answered ... */
  now: number;
  /** ... and when that arrived: milliseconds of performance.now. */
  arrived: number;
  account: { uid: string; email: string | null; name: string | null; state: string; locale: string };
  plan: { name: string; title: string };
  allowance: Allowance;
  storage: Storage;
  session: OpenSession | null;
  last: LastSession | null;
}

/** Of one period or day, by its date or month. */
export interface Used {
  id: string;
  seconds: number;
  background_seconds: number;
  sessions: number;
}

export interface SessionUse {
  session: string;
  opened: number;
  ended: number | null;
  seconds: number;
  background_seconds: number;
  reason: string | null;
  /** What ended it, in English words. */
  decision: string | null;
  /** For how long nothing had happened in it, if that is why it ended. */
  idle_seconds: number | null;
}

/** What was used in a month, newest first. */
export interface Usage {
  plan: { name: string; title: string };
  time_zone: string;
  /** When the time zone may be changed again; null if it may be now. */
  zone_holds_until: number | null;
  current: { renews: number; granted: number | null; used: number; left: number | null };
  storage: { used: number; limit: number | null };
  month: string;
  days: Used[];
  sessions: SessionUse[];
  /** There is more of the month, if not null. */
  next: string | null;
}

/** The way into a session: `enter_token` is posted to `enter_url`, once and within a minute. */
export interface Entrance {
  session: string;
  state: SessionState;
  enter_url: string;
  enter_token: string;
  folder: string;
}

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
}

/** A member who presses Stop and closes the page at once has still pressed Stop. */
const KEPT_ALIVE = ["release", "account/sign-out"];

export class Api {
  constructor(
    /** The member's ID token, fresh. Raises Problem "not-signed-in" when there is none. */
    private readonly token: () => Promise<string>,
    /** What this browser is called while its member is signed in. */
    private readonly browser: () => string,
  ) {}

  async login(locale: string, signal?: AbortSignal): Promise<Login> {
    const answer = await this.post<Login>("login", { time_zone: browsersZone(), locale }, signal);
    return { ...answer, arrived: performance.now() };
  }

  allocate(signal: AbortSignal): Promise<Entrance> {
    return this.post<Entrance>("allocate", { browser: this.browser() }, signal);
  }

  async signOut(everywhere: boolean): Promise<void> {
    await this.post("account/sign-out", { browser: this.browser(), everywhere });
  }

  async deleteAccount(signal: AbortSignal): Promise<void> {
    await this.post("account/delete", {}, signal);
  }

  release(session: string): Promise<{ session: string; state: "draining" }> {
    return this.post("release", { session });
  }

  /** The newest unless they are to be older than a page before. */
  async snapshots(after: number | null, signal: AbortSignal): Promise<HistoryPage> {
    const answer = await this.ask("GET", after === null ? "snapshots" : `snapshots?after=${after}`, null, signal);
    return (await answer.json()) as HistoryPage;
  }

  /** Gives up what a session has kept apart. */
  discard(snapshot: string): Promise<{ snapshot: string }> {
    return this.post("snapshots/discard", { snapshot });
  }

  /** Goes back to a snapshot, or brings one path of it back. */
  restore(snapshot: string, path: string | null, signal: AbortSignal): Promise<{ snapshot: string; at: number }> {
    return this.post("snapshots/restore", { snapshot, path }, signal);
  }

  /** The address of a whole home, once it is put together. */
  async download(snapshot: string, signal: AbortSignal): Promise<string> {
    for (;;) {
      const answer = await this.ask("POST", "snapshots/download", { snapshot }, signal);
      if (answer.status === 200) return ((await answer.json()) as { url: string }).url;
      await pause(1000 * (waitOf(answer) ?? 2), signal);
    }
  }

  /** Of the month that it is now unless one is given. */
  async usage(month: string | null, after: string | null, signal: AbortSignal): Promise<Usage> {
    const query = new URLSearchParams({ ...(month !== null && { month }), ...(after !== null && { after }) }).toString();
    const answer = await this.ask("GET", query === "" ? "usage" : `usage?${query}`, null, signal);
    return (await answer.json()) as Usage;
  }

  /** The month's sessions as CSV. */
  async usageTable(month: string, signal: AbortSignal): Promise<Blob> {
    const parts: Blob[] = [];
    let query: string | null = `?month=${month}`;
    while (query !== null) {
      const answer: Response = await this.ask("GET", `usage/csv${query}`, null, signal);
      parts.push(await answer.blob());
      query = /^<([^>]*)>; rel="next"$/.exec(answer.headers.get("Link") ?? "")?.[1] ?? null;
    }
    return new Blob(parts, { type: "text/csv" });
  }

  changeZone(time_zone: string, signal: AbortSignal): Promise<{ time_zone: string }> {
    return this.post("usage/zone", { time_zone }, signal);
  }

  private async post<Answer>(name: string, body: object, signal?: AbortSignal): Promise<Answer> {
    return (await (await this.ask("POST", name, body, signal)).json()) as Answer;
  }

  private async ask(method: string, name: string, body: object | null, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { Authorization: `Bearer ${await this.token()}` };
    const request: RequestInit = { method, headers, keepalive: KEPT_ALIVE.includes(name) };
    if (body) {
      headers["Content-Type"] = "application/json";
      request.body = JSON.stringify(body);
    }
    if (signal) request.signal = signal;
    const answer = await fetch(`/api/${name}`, request).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw new Problem("unreachable", String(error), 0);
    });
    if (!answer.ok) throw await readProblem(answer);
    return answer;
  }
}

function waitOf(answer: Response): number | null {
  const seconds = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
  return Number.isNaN(seconds) ? null : seconds;
}

async function readProblem(answer: Response): Promise<Problem> {
  const wait = waitOf(answer);
  if (!answer.headers.get("Content-Type")?.startsWith("application/problem+json")) {
    return new Problem("unreachable", `HTTP ${answer.status}`, answer.status, wait); // a proxy or load balancer spoke
  }
  const { type, title, detail } = (await answer.json()) as { type?: string; title?: string; detail?: string };
  return new Problem(type?.split("/").pop() ?? "internal", detail ?? title ?? "", answer.status, wait);
}
