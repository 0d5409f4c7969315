"""An extension for a test: what it was told to remember, it shows in the status bar."""

import io
import json
import zipfile

MANIFEST = {
    "name": "maesil",
    "publisher": "tester",
    "version": "1.0.0",
    "engines": {"vscode": "^1.80.0"},
    "main": "./extension.js",
    "activationEvents": ["onStartupFinished"],
    "contributes": {"commands": [{"command": "maesil.brew", "title": "Maesil: Brew"}]},
}
CODE = """
const vscode = require("vscode");
exports.activate = async ({ globalState, workspaceState, secrets, subscriptions }) => {
  const item = vscode.window.createStatusBarItem("maesil", vscode.StatusBarAlignment.Left, 1000);
  const show = async () => {
    item.text = ["Maesil", globalState.get("tea"), workspaceState.get("cup"), await secrets.get("recipe")].join(" ");
    item.show();
  };
  subscriptions.push(item, vscode.commands.registerCommand("maesil.brew", async () => {
    await globalState.update("tea", "green");
    await workspaceState.update("cup", "full");
    await secrets.store("recipe", "plums" + "-and-honey");
    await show();
  }));
  await show();
};
"""
COMMAND = "Maesil: Brew"
NOTHING = "Maesil   "
BREWED = "Maesil green full plums-and-honey"
SECRET = "plums-and-honey"


def package() -> bytes:
    """As a .vsix."""
    files = {
        "extension/package.json": json.dumps(MANIFEST),
        "extension/extension.js": CODE,
        "extension.vsixmanifest": """<?xml version="1.0" encoding="utf-8"?>
            <PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
              <Metadata><Identity Language="en-US" Id="maesil" Version="1.0.0" Publisher="tester"/></Metadata>
              <Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json"/></Assets>
            </PackageManifest>""",
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()
