export const frame = {
  places: "Your workspace",
  to: { home: "Workspace", history: "History", usage: "Usage", team: "Team", account: "Settings", console: "Console" },
  newVersion: "A new version of this page is ready.",
  reload: "Reload",
  links: { help: "Help", status: "Status", terms: "Terms", privacy: "Privacy" },
  theme: "Theme",
  themes: { system: "As the system", light: "Light", dark: "Dark" },
  signOut: "Sign out",
  signedOut: "You are signed out.",
  signedOutUntold:
    "You are signed out of this page, but Ondol can't be reached, so an editor that is open in this browser stays open. Close its tab; on a shared computer, close the browser. A workspace that nobody uses is saved and closed automatically.",
};
