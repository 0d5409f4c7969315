// The member's home, as the editor shows it.
"use strict";

const { dirname, join, relative } = require("node:path");
const vscode = require("vscode");

const HOME = process.env.HOME ?? "/home/member";

/** A file's path as snapshots have it. */
exports.inHome = (uri) => relative(HOME, uri.fsPath);

/** Shows where a path of the home lies: in the explorer, or in a terminal if the explorer leaves it out. */
exports.lead = async (path) => {
  const left = Object.entries(vscode.workspace.getConfiguration("files").get("exclude"));
  if (left.some(([name, isLeftOut]) => isLeftOut && path.split("/").includes(name.replace("**/", ""))))
    vscode.window.createTerminal({ cwd: dirname(join(HOME, path)) }).show();
  else await vscode.commands.executeCommand("revealInExplorer", vscode.Uri.file(join(HOME, path)));
};
