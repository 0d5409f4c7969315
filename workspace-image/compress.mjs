// Compresses the editor's files that browsers ask for, so that nginx need not compress them for every visit:
// `node compress.mjs FOLDER`, the editor's folder. A file that has a compressed form already is left as it is.
import { readFile, readdir, rename, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { constants, gzip, zstdCompress } from "node:zlib";

const FOLDERS = ["out/vs", "out/media", "node_modules/@xterm", "node_modules/vscode-oniguruma", "node_modules/vscode-textmate"];
const FILES = ["out/nls.messages.js"];
const KINDS = /\.(js|css|svg|wasm|ttf)$/;
// what the editor's server runs, and no browser asks for
const OF_THE_SERVER = /^out\/vs\/.*\/node\//;
// smaller files fit into one packet with their headers
const LEAST = 1_000;
// zstd takes seconds for each megabyte that it saves: only scripts of this size are worth it
const LEAST_FOR_ZSTD = 200_000;
// nginx compresses nothing at a visit, so only the size counts. 8 MB is the largest window that browsers take (RFC 9659).
const ZSTD = { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_windowLog]: 23 };
const FORMS = [
  { suffix: ".gz", fits: ({ length }) => length >= LEAST, pack: (bytes) => promisify(gzip)(bytes, { level: 9 }) },
  {
    suffix: ".zst",
    fits: ({ length }, path) => length >= LEAST_FOR_ZSTD && path.endsWith(".js"),
    pack: (bytes) => promisify(zstdCompress)(bytes, { params: ZSTD }),
  },
];

async function compress(path) {
  const written = (file) => stat(file).then(({ mtimeMs }) => mtimeMs, () => 0);
  const of = await written(path);
  for (const { suffix, fits, pack } of FORMS) {
    const packed = path + suffix;
    if ((await written(packed)) >= of) continue;
    const bytes = await readFile(path);
    if (!fits(bytes, path)) continue;
    await writeFile(`${packed}.new`, await pack(bytes));
    await rename(`${packed}.new`, packed);
  }
}

const [editor] = process.argv.slice(2);
for (const file of FILES) await compress(join(editor, file));
for (const folder of FOLDERS) {
  const found = await readdir(join(editor, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of found) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && KINDS.test(path) && !OF_THE_SERVER.test(relative(editor, path))) await compress(path);
  }
}
