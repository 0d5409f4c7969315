// The process: Firebase's Auth emulator alone, with its people kept between starts.
//
//   node start.mjs --project ID --port N --state DIR
//
// `firebase emulators:start --only auth` forgets everybody when it is killed.

import { createRequire } from "node:module";
import { parseArgs } from "node:util";

import { People } from "./people.mjs";
import { refusePortInUse } from "./port.mjs";

const require = createRequire(import.meta.url);
const { AuthEmulator, SingleProjectMode } = require("firebase-tools/lib/emulator/auth");
const { EmulatorRegistry } = require("firebase-tools/lib/emulator/registry");
const exegesis = createRequire(require.resolve("firebase-tools/lib/emulator/auth"))("exegesis-express");

const HOST = "127.0.0.1";

// To compile a validator for everything in the description of its API takes the emulator most of its start, and most of
// them are never used.
const { middleware } = exegesis;
exegesis.middleware = (api, options) => middleware(api, { ...options, lazyCompileValidationSchemas: true });

function readArguments() {
  const needed = { type: "string" };
  const { values } = parseArgs({ options: { project: needed, port: needed, state: needed } });
  for (const name of ["project", "port", "state"]) {
    if (!values[name]) throw new Error(`--${name} is missing`);
  }
  return { ...values, port: Number(values.port) };
}

async function start({ project, port, state }) {
  await refusePortInUse(HOST, port);
  const auth = new AuthEmulator({ projectId: project, host: HOST, port, singleProjectMode: SingleProjectMode.ERROR });
  await EmulatorRegistry.start(auth);
  const people = new People(`http://${HOST}:${port}`, project, state);
  await people.restore(auth);
  console.log(`Auth emulator listens on http://${HOST}:${port}`);
  return people;
}

function fail(problem) {
  console.error(`Auth emulator: ${problem.message}`);
  process.exit(1);
}

try {
  const people = await start(readArguments());
  people.keep();
  for (const signal of ["SIGTERM", "SIGINT"]) {
    // a second signal must not cut the first one's saving short
    process.on(signal, () => people.save().then(() => process.exit(0), fail));
  }
} catch (problem) {
  fail(problem);
}
