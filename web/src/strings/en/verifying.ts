export const verifying = {
  title: "Verify your email address",
  about: (address: string) =>
    `Your plan needs a verified email address, and ${address} is not verified yet. We will send you an email with a link.`,
  noAddress:
    "Your plan needs a verified email address, and your sign-in has no email address. Enter your address, and we will send you an email with a link.",
  address: "Your email address",
  send: "Send the email",
  again: "Send it again",
  sent: (address: string) => `We sent an email to ${address}. Follow the link in it.`,
  waits: "Leave this page open; your workspace opens as soon as the address is verified. If no email arrives, check your spam folder.",
  thenSignIn: "You may be asked to sign in once more after that.",
  signInAgain: "Following the link in the email ends your sign-in. Sign in again to open your workspace.",
  done: "I have followed the link",
};
