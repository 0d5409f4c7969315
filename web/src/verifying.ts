// An address that is not verified: the mail is sent, and the page goes on by itself once its link was followed.

import { button, type Child, h } from "./dom";
import { words } from "./language";

export interface Verifying {
  /** The address of the sign-in; null if it has none. */
  address: string | null;
  /** Where the mail went; null before it was sent. */
  sentTo: string | null;
}

export interface VerifyingActions {
  /** `address` is a new one for a sign-in that has none. */
  sendMail(address: string | null): void;
  verified(): void;
  again(): void;
}

export function drawVerifying({ address, sentTo }: Verifying, actions: VerifyingActions): Child[] {
  const said = sentTo
    ? words().verifySent(sentTo)
    : address
      ? words().verifyAbout(address)
      : words().verifyNoAddress;
  const back = button("back", words().back, actions.again);
  if (address === null && !sentTo) return [h("p", { className: "lead" }, said), addressForm(actions), back];
  const send = button("send-mail", sentTo ? words().verifyAgain : words().verifySend, () =>
    actions.sendMail(address ? null : sentTo),
  );
  send.className = sentTo ? "small" : "main";
  return [
    h("p", { className: "lead", role: sentTo ? "status" : null }, said),
    sentTo && h("p", { className: "quiet" }, address ? words().verifyWaits : words().verifyThenSignIn),
    h("div", { className: "buttons" }, send, sentTo && button("verified", words().verifyDone, actions.verified), back),
  ];
}

function addressForm(actions: VerifyingActions): HTMLElement {
  const field = h("input", { id: "address", type: "email", required: true, autocomplete: "email" });
  const label = h("label", { htmlFor: "address" }, words().verifyAddress);
  const form = h("form", { className: "buttons" }, label, field, h("button", { className: "main" }, words().verifySend));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    actions.sendMail(field.value.trim());
  });
  return form;
}
