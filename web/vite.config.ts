// Builds the page into build/web.

import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { icons } from "./build/icons";
import { precache, WORKER } from "./build/precache";
import views from "./src/state/paths.json";

/** Small modules that the signed-out page has in common with the other views. */
const SHARED = /web\/src\/(parts\/(Button|Heading|Notice|Trouble)|state\/(emailLink|invited|kept|plans|problem|shown|theme|unsaved|views|ways)|views\/plans\/PlanCard)\b/;
/** What a member's home has in common with other views. Each file has its name in what everybody loads. */
const MEMBERS = new RegExp(
  `web/src/(${[
    "parts/(Card|Choices|Ending|Facts|Standing|Stopwatch|Suspended|TellMe|ToView)",
    "state/(accountLanguage|dates|ending|lastKnown|member|notifications|now|opening|pause|slot|start|status|steps|stopping|workspace)",
    "views/(home/(facts|StepLine|StepList)|storage/Unsaved|plans/(missing|plans\\.svelte))",
  ].join("|")})\\b`,
);

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at("."),
  plugins: [svelte({ configFile: false, compilerOptions: { runes: true } }), icons(at("public/icon.svg")), precache(Object.values(views), at("public/"))],
  build: {
    outDir: at("../build/web"),
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // they know light-dark()
    sourcemap: true,
    assetsInlineLimit: 0, // the content security policy refuses data: addresses
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { page: at("index.html"), worker: at("src/worker/worker.ts") },
      output: {
        // its address is that of every version
        entryFileNames: ({ name }) => (name === "worker" ? WORKER : "assets/[name]-[hash].js"),
        // what whoever is not signed in loads is few files: each is compressed by itself
        codeSplitting: { groups: [{ name: "shared", test: SHARED, priority: 1 }, { name: "members", test: MEMBERS }] },
      },
    },
  },
});
