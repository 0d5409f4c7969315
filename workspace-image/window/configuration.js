// Configures the editor before it starts: the defaults of its settings, and the parts that are turned off. The editor
// reads both from its page, so the member never sees a part that an extension would turn off later. This file shares
// window.js's block.

const DEFAULTS = {
  "files.exclude": { "**/.git": true, "**/.DS_Store": true, ".cache": true, ".config": true, ".local": true, ".npm": true },
  "files.watcherExclude": { "**/.cache/**": true, "**/.local/share/code-server/**": true, "**/.npm/**": true },
  "search.exclude": { "**/node_modules": true, ".local": true },
  "terminal.integrated.defaultProfile.linux": "bash",
  "window.autoDetectColorScheme": true,
  "workbench.startupEditor": "none",
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "extensions.ignoreRecommendations": true,
  "telemetry.telemetryLevel": "off",
  "telemetry.feedback.enabled": false,
  "workbench.enableExperiments": false,
  "update.mode": "none",
  // there is no model behind it
  "chat.disableAIFeatures": true,
  "chat.commandCenter.enabled": false,
  "chat.agentHost.sessionCatalog.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  // its model is not part of code-server
  "workbench.editor.languageDetection": false,
};

const configureEditor = () => {
  const place = document.getElementById("vscode-workbench-web-configuration");
  if (!place) return; // another page of the editor's
  const configuration = JSON.parse(place.getAttribute("data-settings"));
  configuration.configurationDefaults = { ...configuration.configurationDefaults, ...DEFAULTS };
  // the editor's service worker caches nothing, and a slot allows no script to control the whole origin
  delete configuration.productConfiguration?.serviceWorker;
  place.setAttribute("data-settings", JSON.stringify(configuration));
};

// the editor's own scripts are deferred: they run after this
document.addEventListener("readystatechange", configureEditor, { once: true });
