import type { Step } from "../../state/steps";

export const opening = {
  title: "Opening your workspace",
  steps: {
    claim: "Finding a container",
    restore: "Restoring your files",
    project: "Bringing your project in",
    enter: "Opening the editor",
  } satisfies Record<Step, string>,
  enterNote: "The first time, VS Code takes a few seconds to load.",
  tryingAgain: "Trying again in",
  cancel: "Cancel",
};
