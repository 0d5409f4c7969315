// Joins the CommonJS modules of an extension: VS Code loads a single file of an extension that runs in the browser.
// `node join.mjs FOLDER INTO` writes the folder INTO, with FOLDER's package.json and all its modules in extension.js.
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, into] = process.argv.slice(2);
const names = readdirSync(folder).filter((name) => name.endsWith(".js"));
const modules = Object.fromEntries(names.map((name) => [`./${name.slice(0, -3)}`, readFileSync(join(folder, name), "utf8")]));

for (const [name, text] of Object.entries(modules)) {
  for (const [, required] of text.matchAll(/\brequire\("(\.[^"]*)"\)/g)) {
    if (!(required in modules)) throw new Error(`${name} requires ${required}, which is not in ${folder}`);
  }
}

const functions = Object.entries(modules).map(([name, text]) => `${JSON.stringify(name)}: (exports, require) => {\n${text}\n},\n`);
mkdirSync(into, { recursive: true });
cpSync(join(folder, "package.json"), join(into, "package.json"));
writeFileSync(
  join(into, "extension.js"),
  `"use strict";
const modules = {
${functions.join("\n")}};
const loaded = {};
const load = (name) => {
  if (!(name in modules)) return require(name);
  if (!(name in loaded)) modules[name]((loaded[name] = {}), load);
  return loaded[name];
};
Object.assign(exports, load("./extension"));
`,
);
