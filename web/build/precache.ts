// Tells the service worker which files the build has. A version's name is made of their contents.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

export const WORKER = "sw.js";
/** Copied from `public`, and so no part of the bundle. */
const COPIED = ["icon.svg", "manifest.webmanifest"];

/** The operator's console: no member ever downloads it. */
const CONSOLE = "assets/Console-";

export function precache(views: readonly string[], publicFolder: string): Plugin {
  return {
    name: "precache",
    enforce: "post",
    generateBundle(_options, bundle) {
      const worker = bundle[WORKER];
      if (worker?.type !== "chunk") throw new Error(`the build has no ${WORKER}`);
      const digest = createHash("sha256").update(worker.code);
      for (const each of Object.values(bundle)) {
        if (each.fileName === "index.html" && each.type === "asset") digest.update(each.source);
      }
      for (const name of COPIED) digest.update(readFileSync(publicFolder + name));
      const built = Object.keys(bundle).filter(
        (name) => name.startsWith("assets/") && !name.endsWith(".map") && !name.startsWith(CONSOLE),
      );
      digest.update(built.sort().join());
      const told = {
        version: digest.digest("hex").slice(0, 16),
        files: ["/", ...[...COPIED, ...built].map((name) => `/${name}`)],
        views: ["/", ...views],
      };
      worker.code = `const PRECACHE = ${JSON.stringify(told)};\n${worker.code}`;
    },
  };
}
