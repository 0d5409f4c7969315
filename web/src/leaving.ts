// The member's own account on the page: signing out everywhere, and deleting it.

import { button, type Child, h } from "./dom";
import { words } from "./language";

export interface Leaving {
  /** Whose account it is. */
  who: string;
  /** The member has been told what deleting means, and has not decided yet. */
  asked: boolean;
}

export interface LeavingActions {
  signOutEverywhere(): void;
  askToDelete(asked: boolean): void;
  deleteAccount(): void;
  again(): void;
}

export function drawLeaving({ who, asked }: Leaving, actions: LeavingActions): Child[] {
  return [
    h("p", { className: "quiet" }, who),
    h("h2", {}, words().everywhere),
    h("p", {}, words().everywhereAbout),
    button("everywhere", words().everywhere, actions.signOutEverywhere),
    h("h2", {}, words().deleteAccount),
    ...(asked ? question(actions) : [deleteButton(actions)]),
    h("div", { className: "buttons" }, button("back", words().back, actions.again)),
  ];
}

function deleteButton(actions: LeavingActions): HTMLElement {
  return button("delete", words().deleteAccount, () => actions.askToDelete(true), "small");
}

function question(actions: LeavingActions): Child[] {
  const understood = h("input", { id: "understood", type: "checkbox" });
  const really = button("delete-now", words().deleteNow, actions.deleteAccount);
  really.disabled = true;
  understood.addEventListener("change", () => {
    really.disabled = !understood.checked;
  });
  return [
    h(
      "section",
      { className: "card", role: "alertdialog", ariaLabel: words().deleteAccount },
      h("p", {}, words().deleteAbout),
      h("p", {}, words().deleteAsks),
      h("label", { htmlFor: "understood" }, understood, ` ${words().deleteUnderstood}`),
      h(
        "div",
        { className: "buttons" },
        really,
        button("keep", words().deleteNot, () => actions.askToDelete(false)),
      ),
    ),
  ];
}
