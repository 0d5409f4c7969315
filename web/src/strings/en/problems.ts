// Sentences by the problem's name. What stands here is said in place of the control plane's own sentence.

export const problems: Record<string, string> = {
  unreachable: "Ondol can't be reached. Check your network, then try again.",
  "not-signed-in": "Your sign-in is no longer valid. Sign in again.",
  "sign-in-failed": "Signing in did not work. Try again, or sign in another way.",
  "too-many-requests": "Too many requests in a short time. Nothing is lost. Wait a minute, then try again.",
  "popup-blocked": "The browser blocked the sign-in window. Allow pop-ups for this page, then try again.",
  blocked:
    "The browser refused to open the editor, because the editor's address is not allowed for this page. Tell the operator.",
  "sign-in-again": "Your last sign-in was too long ago for this. Nothing was changed. Sign out, sign in again, and try once more.",
  "mail-not-sent": "The email could not be sent. Try again later, or sign in with Google.",
  "too-many-mails": "Too many emails were sent to this address. Try again later.",
  "invalid-address": "This is not a valid email address. Check the address and try again.",
  "link-used": "This link was used already, or is too old. Have a new one sent.",
  "link-of-another": "This link was sent to another address. Enter that one.",
  "other-provider": "This email address is registered with another way to sign in. Sign in that way.",
};
