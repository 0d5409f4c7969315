// The steps of opening a workspace, in their order.

/**
 * claim: a slot is looked for. restore: it is ours, the files come back into it. project: a project is brought in, if the
 * member begins with one. enter: the browser goes there.
 */
export type Step = "claim" | "restore" | "project" | "enter";
export const STEPS: readonly Step[] = ["claim", "restore", "enter"];
export const STEPS_WITH_PROJECT: readonly Step[] = ["claim", "restore", "project", "enter"];
