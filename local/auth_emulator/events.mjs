// Auth events on their way to the function that handles them. The Auth emulator posts each to the "functions emulator",
// twice: as a legacy Firebase Auth event and as a v2 event. Both are hints to the function, so it gets the first alone.

import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const PAUSES = [0.5, 1, 2, 4, 8, 16, 32]; // seconds between attempts: the function may still be starting
const LONGEST_ANSWER = 60_000; // ms

/** Takes the place of the functions emulator in the registry, and forwards the legacy events to one address. */
export class EventRelay {
  #server;
  #target;

  constructor(server, target) {
    this.#server = server;
    this.#target = target;
    server.on("request", (request, response) => this.#receive(request, response));
  }

  static async listening(host, target) {
    const server = createServer().listen(0, host);
    await once(server, "listening");
    return new EventRelay(server, target);
  }

  getName() {
    return "functions";
  }

  getInfo() {
    const { address, port } = this.#server.address();
    return { name: this.getName(), host: address, port };
  }

  async start() {}

  async stop() {
    this.#server.close();
  }

  async #receive(request, response) {
    const chunks = await request.toArray();
    response.end("{}");
    if (request.headers["content-type"]?.startsWith("application/json")) {
      await deliver(this.#target, Buffer.concat(chunks));
    }
  }
}

/** Posts the event until it is taken, and says so when it never is: a lost event is what the functions must live with. */
async function deliver(target, event) {
  const { eventType, data } = JSON.parse(event);
  let problem = await post(target, event);
  for (const seconds of PAUSES) {
    if (!problem) return;
    await pause(seconds * 1000);
    problem = await post(target, event);
  }
  if (problem) console.error(`Auth emulator: event ${eventType} of ${data.uid} is lost: ${target}: ${problem}`);
}

/** Returns what is wrong, or undefined when the function took the event. */
async function post(target, event) {
  try {
    const response = await fetch(target, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: event,
      signal: AbortSignal.timeout(LONGEST_ANSWER),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `HTTP status code ${response.status}`;
  } catch (problem) {
    return problem.cause?.message ?? problem.message;
  }
}
