// The control plane as the page sees it: its calls, their answers, and the one kind of error they raise.

import { pause } from "./clock";

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
}

export interface LastSession {
  reason: string | null;
  ended: number | null;
  saved_at: number | null;
}

/** Sizes are bytes. */
export interface Storage {
  state: "ok" | "over" | "refused";
  used: number;
  limit: number | null;
  /** How much has to be deleted. */
  over: number;
  largest: { path: string; bytes: number }[];
  /** The smallest plan that it fits into. */
  lifted_by: string | null;
  /** The snapshot that is kept for download only. */
  refused: string | null;
}

export interface Snapshot {
  snapshot: string;
  at: number;
  bytes: number;
  files: number;
  current: boolean;
  refused: boolean;
  /** The path that it brought back. */
  returned: string | null;
}

export interface Login {
  account: { uid: string; email: string | null; name: string | null; state: string; locale: string };
  plan: { name: string; title: string };
  /** What the plan still grants, null without limit, and when it grants anew. */
  allowance: { seconds: number | null; renews: number; bytes: number | null };
  storage: Storage;
  session: OpenSession | null;
  last: LastSession | null;
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
    return this.status === 503 || this.name === "unreachable";
  }
}

export class Api {
  constructor(
    /** The member's ID token, fresh. Raises Problem "not-signed-in" when there is none. */
    private readonly token: () => Promise<string>,
  ) {}

  login(locale: string, signal?: AbortSignal): Promise<Login> {
    const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return this.post<Login>("login", { time_zone, locale }, signal);
  }

  allocate(signal: AbortSignal): Promise<Entrance> {
    return this.post<Entrance>("allocate", {}, signal);
  }

  release(session: string): Promise<{ session: string; state: "draining" }> {
    return this.post("release", { session });
  }

  async snapshots(signal: AbortSignal): Promise<Snapshot[]> {
    const answer = await this.ask("GET", "snapshots", null, signal);
    return ((await answer.json()) as { snapshots: Snapshot[] }).snapshots;
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

  private async post<Answer>(name: string, body: object, signal?: AbortSignal): Promise<Answer> {
    return (await (await this.ask("POST", name, body, signal)).json()) as Answer;
  }

  private async ask(method: string, name: string, body: object | null, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { Authorization: `Bearer ${await this.token()}` };
    // keepalive: a member who presses Stop and closes the page at once has still pressed Stop
    const request: RequestInit = { method, headers, keepalive: name === "release" };
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
