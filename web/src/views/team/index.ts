// Both views are loaded together, so that whoever sees neither has only one more name to load.

export { default as Invitation } from "./Invitation.svelte";
export { default as Team } from "./Team.svelte";
