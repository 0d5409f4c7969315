import type { Step } from "../../state/steps";

export const opening = {
  title: "Opening your workspace",
  steps: {
    claim: "Finding a container",
    restore: "Restoring your files",
    project: "Bringing your project in",
    enter: "Opening the editor",
  } satisfies Record<Step, string>,
  starting: "No warm container is free, so one is being started.",
  startsWithin: (usually: string, mostly: string) => `That usually takes ${usually}, and rarely more than ${mostly}.`,
  startsLate: (mostly: string) =>
    `The container takes longer to start than usual (${mostly}). Your files are safe, and Ondol keeps waiting.`,
  enterNote: "The first time, VS Code takes a few seconds to load.",
  tryingAgain: "Trying again in",
  ready: "Your workspace is open.",
  tellMe: "Tell me when it opens",
  cancel: "Cancel",
};
