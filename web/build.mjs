// Bundles the page into build/web: the static files as they are, and one script.

import { cp, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = fileURLToPath(new URL("../build/web/", import.meta.url));

await mkdir(out, { recursive: true });
await cp(`${here}static`, out, { recursive: true });
await build({
  entryPoints: [`${here}src/main.ts`],
  outfile: `${out}main.js`,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: true,
  logLevel: "warning",
});
