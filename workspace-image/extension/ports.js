// Which ports the member's programs listen on.
"use strict";

const { readFile } = require("node:fs/promises");

const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];
const LISTENS = "0A";

/** Port numbers, ascending, of programs of the user with this id. */
exports.listening = async (uid) => {
  const tables = await Promise.all(TABLES.map((table) => readFile(table, "utf8").catch(() => "")));
  const rows = tables.flatMap((table) => table.split("\n").slice(1)).map((row) => row.trim().split(/\s+/));
  const own = rows.filter(([, , , state, , , , owner]) => state === LISTENS && Number(owner) === uid);
  return [...new Set(own.map(([, address]) => parseInt(address.split(":")[1], 16)))].sort((one, other) => one - other);
};
