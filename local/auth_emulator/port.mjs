// A port that somebody else has: the emulator itself would take that one for its own.

import { once } from "node:events";
import { createServer } from "node:net";

/** Throws an error that names the port when nothing can listen on it. */
export async function refusePortInUse(host, port) {
  const probe = createServer().listen(port, host);
  try {
    await once(probe, "listening");
  } catch (problem) {
    throw new Error(`cannot listen on ${host}:${port}: ${problem.message}. Stop what uses it, or choose another port.`);
  }
  await new Promise((closed) => probe.close(closed));
}
