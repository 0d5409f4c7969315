// Paths as members write them.

const HOME = /^(~|\/home\/member)(\/|$)/;

/** A path relative to the home, from ~/proj/x, /home/member/proj/x, ./proj/x or proj/x; null if it is none. */
export function insideHome(typed: string): string | null {
  const path = typed.trim().replace(HOME, "").replace(/^(\.\/)+/, "").replace(/\/+$/, "");
  const isOutside = path.split("/").some((name) => name === "" || name === "." || name === "..");
  return isOutside ? null : path;
}
