// Which component draws which view. Each is loaded when it is shown first. Another view: a line here, its fields in
// state/views.ts, and an address in state/paths.json if it stands beside home.

import type { Component } from "svelte";
import { Problem } from "../state/problem";
import type { Kind, ViewOf } from "../state/views";

/** A view without fields may be drawn by a component that takes none. */
type Drawn<K extends Kind> = Component<{ view: ViewOf<K> }> | Component<Record<string, never>>;
/** "failed" is drawn by the app itself: it is there when nothing else can be loaded. */
type Drawable = Exclude<Kind, "starting" | "failed">;

const COMPONENTS: { [K in Drawable]: () => Promise<{ default: Drawn<K> }> } = {
  "signed-out": () => import("../views/front/Front.svelte"),
  home: () => import("../views/home/Home.svelte"),
  offline: () => import("../views/home/Offline.svelte"),
  opening: () => import("../views/home/Opening.svelte"),
  "confirm-stop": () => import("../views/home/ConfirmStop.svelte"),
  stopping: () => import("../views/home/Stopping.svelte"),
  verifying: () => import("../views/verifying/Verifying.svelte"),
  history: () => import("../views/history/History.svelte"),
  plans: () => import("../views/plans/Plans.svelte"),
  team: () => import("../views/team").then(({ Team }) => ({ default: Team })),
  invitation: () => import("../views/team").then(({ Invitation }) => ({ default: Invitation })),
  usage: () => import("../views/usage/Usage.svelte"),
  account: () => import("../views/account/Account.svelte"),
  new: () => import("../views/new/New.svelte"),
  estimate: () => import("../views/estimate/EstimateView.svelte"),
  console: () => import("../console/Console.svelte"),
};

let loaded = $state.raw<{ [K in Kind]?: Component<{ view: never }> }>({});

/** Undefined until it is loaded. */
export function componentOf(kind: Kind): Component<{ view: never }> | undefined {
  return loaded[kind];
}

/** Raises Problem "unreachable" if it can't be had. */
export async function load(kind: Kind): Promise<void> {
  if (kind === "starting" || kind === "failed" || loaded[kind]) return;
  try {
    const drawn = (await COMPONENTS[kind]()).default as Component<{ view: never }>;
    loaded = { ...loaded, [kind]: drawn };
  } catch (error) {
    throw new Problem("unreachable", String(error), 0);
  }
}
