// Packs a folder into one file that the browser downloads.
"use strict";

const { execFile } = require("node:child_process");
const { mkdtemp, rm } = require("node:fs/promises");
const { tmpdir } = require("node:os");
const { basename, dirname, join } = require("node:path");
const { promisify } = require("node:util");

// the window's script knows this name too, and downloads nothing else
const PREFIX = "ondol-download-";
const KEPT_MS = 10 * 60_000;

/** Returns the path of a zip of the folder. The zip is deleted after ten minutes. Raises the error of `zip`. */
exports.zipped = async (folder) => {
  const place = await mkdtemp(join(tmpdir(), PREFIX));
  setTimeout(() => rm(place, { recursive: true, force: true }), KEPT_MS).unref();
  const file = join(place, `${basename(folder)}.zip`);
  await promisify(execFile)("zip", ["--quiet", "--recurse-paths", "--symlinks", file, basename(folder)], { cwd: dirname(folder) });
  return file;
};
