// A message that stays until it is answered.
"use strict";

const vscode = require("vscode");

/** Says what must not be missed, with one button. Of all messages the editor leaves only errors with buttons: it takes a
 *  warning away after 12 s. `act` is what the button does. */
exports.tellLasting = async (text, button, act) => {
  if ((await vscode.window.showErrorMessage(text, button)) === button) act();
};
