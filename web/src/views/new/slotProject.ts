// Bringing a project in, as the slot's agent offers it: docs/protocol.md, "Browser to slot". Each call raises Problem.

import { pause } from "../../state/pause";
import { Problem } from "../../state/problem";

const PART = 8 << 20; // bytes
/** How often in a row a part may be lost. */
const LOST = 6;
const WAIT = 1000; // milliseconds

/** Where a project is brought in, and what admits to it. */
export interface Way {
  url: string;
  token: string;
}

/** Where it comes from, as the slot is told. */
export type Source =
  | { action: "repository"; body: { address: string; token: string } }
  | { action: "sample"; body: { name: string } }
  | { action: "archive"; body: { name: string } };

/** A step of the slot's, and the part of 1 that is done; null while that is not known. */
type Told = (step: string, part: number | null) => void;

interface Line {
  step?: string;
  percent?: number | null;
  folder?: string;
  problem?: string;
  detail?: string;
}

/** Resolves to the project's folder. */
export async function bring(way: Way, { action, body }: Source, told: Told, signal: AbortSignal): Promise<string> {
  const answer = await call(way, action, { method: "POST", body: JSON.stringify(body), signal });
  let last: Line = {};
  try {
    for await (last of lines(answer)) {
      if (last.step !== undefined) told(last.step, typeof last.percent === "number" ? last.percent / 100 : null);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new Problem("project-lost", String(error), 0);
  }
  if (typeof last.folder === "string") return last.folder;
  throw new Problem(last.problem ?? "project-lost", last.detail ?? "", 0);
}

/** Sends an archive part by part. The slot's answer to each says how many bytes it has: the next part begins there. */
export async function send(way: Way, archive: Blob, sent: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  let lost = 0;
  for (let offset = 0; offset < archive.size; sent(offset)) {
    const before = offset;
    try {
      const size = await sendPart(way, archive, offset, signal);
      offset = size <= archive.size ? size : 0;
    } catch (error) {
      if (!(error instanceof Problem) || !mayPass(error) || lost + 1 === LOST) throw error;
      await pause(WAIT * (lost + 1), signal);
    }
    lost = offset > before ? 0 : lost + 1;
    if (lost === LOST) throw new Problem("project-lost", "the slot takes no more of the archive", 0);
  }
}

async function sendPart(way: Way, archive: Blob, offset: number, signal: AbortSignal): Promise<number> {
  const body = await readPart(archive.slice(offset, offset + PART));
  const answer = await call(way, `archive?offset=${offset}`, { method: "PUT", body, signal });
  return ((await answer.json()) as { size: number }).size;
}

async function readPart(part: Blob): Promise<ArrayBuffer> {
  try {
    return await part.arrayBuffer();
  } catch (error) {
    throw new Problem("file-not-readable", String(error), 0); // it was changed or moved since it was chosen
  }
}

/** A part that was lost on the way may still be under way in the slot, which takes one at a time. */
function mayPass(error: Problem): boolean {
  return error.passing || error.name === "project-coming";
}

async function call({ url, token }: Way, path: string, request: RequestInit & { signal: AbortSignal }): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, ...(request.method === "POST" && { "Content-Type": "application/json" }) };
  let answer: Response;
  try {
    answer = await fetch(`${url}/${path}`, { ...request, headers, credentials: "omit", cache: "no-store" });
  } catch (error) {
    request.signal.throwIfAborted();
    throw new Problem("slot-lost", String(error), 503);
  }
  if (answer.ok) return answer;
  const said = (await answer.json().catch(() => ({}))) as { type?: string; detail?: string };
  throw new Problem(said.type?.split("/").pop() ?? "slot-lost", said.detail ?? `HTTP ${answer.status}`, answer.status);
}

async function* lines(answer: Response): AsyncGenerator<Line> {
  if (!answer.body) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const [last = "", ...before] = (rest + (value ?? "")).split("\n").reverse();
    rest = last;
    for (const line of before.reverse()) if (line) yield JSON.parse(line) as Line;
    if (done) return;
  }
}
