// Starts code-server as one process: `node start.cjs ARGUMENTS`, those of code-server. Its own command starts a second
// Node, which serves, and waits beside it to start it again and to copy its output into files. The agent does that.
"use strict";
const path = require("node:path");

const SERVER = path.join(__dirname, "../node/node_modules/code-server/out/node");

// code-server serves in the process that finds its parent here; without, VS Code's module would run by itself.
process.env.CODE_SERVER_PARENT_PID = String(process.pid);
process.env.NODE_EXEC_PATH = process.execPath;
const { parse, readConfigFile, setDefaults } = require(path.join(SERVER, "cli"));
const { runCodeServer } = require(path.join(SERVER, "main"));
const { wrapper } = require(path.join(SERVER, "wrapper"));

async function start() {
  const given = parse(process.argv.slice(2));
  const settings = await setDefaults(given, await readConfigFile(given.config));
  wrapper.preventExit(); // no extension ends the server
  const server = await runCodeServer(settings);
  wrapper.onDispose(() => server.dispose());
}

start().catch((error) => {
  console.error(error);
  wrapper.exit(error);
});
