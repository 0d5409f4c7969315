export const stopping = {
  title: "Saving your workspace",
  note: "You can close this page; saving continues.",
  sure: "These are not saved when you stop",
  anyway: "Stop, and save the rest",
};
