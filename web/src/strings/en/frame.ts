export const frame = {
  newVersion: "A new version of this page is ready.",
  reload: "Reload",
  links: { help: "Help", status: "Status", terms: "Terms", privacy: "Privacy" },
  theme: "Theme",
  themes: { system: "As the system", light: "Light", dark: "Dark" },
  signOut: "Sign out",
  signedOut: "You are signed out.",
};
