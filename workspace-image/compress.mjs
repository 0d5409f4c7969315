// Compresses the editor's files that browsers ask for, so that nginx need not compress them for every visit:
// `node compress.mjs FOLDER`, the editor's folder. A file that has a compressed form already is left as it is.
import { readFile, readdir, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const FOLDERS = ["out/vs", "out/media", "node_modules/@xterm", "node_modules/vscode-oniguruma", "node_modules/vscode-textmate"];
const FILES = ["out/nls.messages.js"];
const KINDS = /\.(js|css|svg|wasm|ttf)$/;
// smaller files fit into one packet with their headers
const LEAST = 1_000;
const compressed = promisify(gzip);

async function compress(path) {
  const written = (file) => stat(file).then(({ mtimeMs }) => mtimeMs, () => 0);
  if ((await written(`${path}.gz`)) >= (await written(path))) return;
  const bytes = await readFile(path);
  if (bytes.length < LEAST) return;
  await writeFile(`${path}.gz.new`, await compressed(bytes, { level: 9 }));
  await rename(`${path}.gz.new`, `${path}.gz`);
}

const [editor] = process.argv.slice(2);
for (const file of FILES) await compress(join(editor, file));
for (const folder of FOLDERS) {
  const found = await readdir(join(editor, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of found) {
    if (entry.isFile() && KINDS.test(entry.name)) await compress(join(entry.parentPath, entry.name));
  }
}
