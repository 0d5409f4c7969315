// The steps of opening a workspace, in their order.

/** claim: a slot is looked for. restore: it is ours, the files come back into it. enter: the browser goes there. */
export type Step = "claim" | "restore" | "enter";
export const STEPS: readonly Step[] = ["claim", "restore", "enter"];
