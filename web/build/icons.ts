// Draws the icons of an installed page from icon.svg: not every system that installs a page draws SVG.

import { readFileSync } from "node:fs";
import { Resvg } from "@resvg/resvg-js";
import type { Plugin } from "vite";

/** As the manifest names them. Each is square. */
const PLAIN = [192, 512];
const MASKABLE = [192, 512];
/** A system cuts a maskable icon to its own shape: all that is drawn is within the middle 80 %. */
const WITHIN = 0.85;

export function icons(source: string): Plugin {
  return {
    name: "icons",
    generateBundle() {
      const plain = readFileSync(source, "utf8");
      for (const size of PLAIN) this.emitFile({ type: "asset", fileName: `icon-${size}.png`, source: draw(plain, size) });
      const whole = maskable(plain);
      for (const size of MASKABLE) {
        this.emitFile({ type: "asset", fileName: `icon-maskable-${size}.png`, source: draw(whole, size) });
      }
    },
  };
}

function draw(svg: string, size: number): Uint8Array {
  return new Resvg(svg, { fitTo: { mode: "width", value: size }, font: { loadSystemFonts: false } }).render().asPng();
}

/** Without round corners, and its lines smaller. */
function maskable(svg: string): string {
  const whole = svg.replace(/ rx="\d+"/, "").replace("<g ", `<g transform="translate(32 32) scale(${WITHIN}) translate(-32 -32)" `);
  if (!whole.includes("scale(") || whole.includes(" rx=") || !whole.includes('viewBox="0 0 64 64"')) {
    throw new Error("icon.svg is another drawing: say here how it becomes a maskable one");
  }
  return whole;
}
