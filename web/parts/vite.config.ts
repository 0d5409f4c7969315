// The page of parts, for whoever draws them: `npm run parts` serves it, and `npm run parts:build` builds it for its test
// (tests/web/test_parts.py). It is no part of Ondol's page.

import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig({
  root: here,
  base: "./",
  plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
  build: { outDir: fileURLToPath(new URL("../../build/parts", import.meta.url)), emptyOutDir: true, target: "es2022", minify: false },
});
