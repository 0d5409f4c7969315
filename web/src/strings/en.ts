// What the page says, in English. The other languages have the same shape.

import type { Step } from "../steps";

export const en = {
  tagline: "Your own VS Code, kept warm.",
  about: "Sign in, press Open, and go on where you left off.",
  starting: "One moment…",

  signIn: "Sign in",
  signInAs: (name: string) => `Sign in as ${name}`,
  signInWith: (provider: string) => `Continue with ${provider}`,
  madeUp: "These people are made up: this Ondol runs on your own machine.",
  signOut: "Sign out",
  signedOut: "You are signed out.",
  signedOutUntold:
    "You are signed out here, but Ondol can't be reached: an editor that is open in this browser stays open. If there is one, close its tab, and on a shared computer the whole browser. A workspace that nobody uses is saved and closed by itself.",

  hello: (name: string | null) => (name ? `Hello, ${name}` : "Hello"),
  asleep: "Your workspace is put away. Open brings it back.",
  first: "Your workspace is empty and ready. Open it and start.",
  awake: "Your workspace is open.",
  silent: "Your workspace does not answer.",
  silentNote: (saved: string | null) =>
    `Its container may have been lost. ${saved ? `Your files were last saved at ${saved}.` : "Nothing was saved in this session yet."} Press Open: it leads back to your workspace, or brings it up in another container.`,
  lateSince: "Your newest changes have not been saved for ",
  lateNote: ". What was saved before is safe. Ondol goes on trying; leave the workspace open until it is saved.",
  keptText: (names: string) =>
    `Text that was not saved when the connection was lost is kept in this browser: ${names}. Open your workspace, and its editor offers to bring it back.`,
  discardText: "Discard the text",
  open: "Open",
  goOn: "Go to the editor",
  stop: "Stop",
  where: "Where",
  since: "Open since",
  saved: "Last saved",
  notSaved: "Not yet",
  plan: "Plan",

  opening: "Opening your workspace",
  steps: {
    claim: "Finding a warm slot",
    restore: "Bringing your files back",
    enter: "Going to the editor",
  } satisfies Record<Step, string>,
  enterNote: "VS Code itself takes some seconds to load the first time.",
  tryingAgain: "Trying again in",
  cancel: "Cancel",

  stopping: "Saving your workspace",
  stoppingNote: "You may close this page: it is saved all the same.",
  savedNow: (time: string | null) => (time ? `Saved at ${time}.` : "Stopped."),
  ends: {
    member: (saved: string) => `You stopped it; it was saved at ${saved}.`,
    idle: (saved: string) => `It was put away because nothing was happening in it, and saved at ${saved}.`,
    lost: (saved: string) =>
      `Its container was lost. Your files are as they were saved at ${saved}; what came after is missing.`,
    allowance: (saved: string) => `The plan's time was used up; it was saved at ${saved}.`,
    suspended: (saved: string) => `The account was suspended; it was saved at ${saved}.`,
    "signed-out": (saved: string) => `You were signed out everywhere; it was saved at ${saved}.`,
    other: (saved: string) => `It was saved at ${saved}.`,
  },
  lostUnsaved: "Its container was lost before the first save, so your files are as they were before that session.",

  storage: "Storage",
  storageOf: (used: string, limit: string | null) => (limit ? `${used} of ${limit}` : used),
  storageOver: "Your files take more than your plan holds. All of them are saved for now; if they grow much more, the largest will not be.",
  storageDelete: (bytes: string) => `Delete at least ${bytes}.`,
  storageLargest: "The largest:",
  unsaved: "Your plan has no room for these, so they are not saved. Everything else is.",
  unsavedMore: (count: string) => `And ${count} more.`,
  unsavedDo: (bytes: string, plan: string | null) =>
    plan ? `Delete at least ${bytes}, or take the plan ${plan}, which holds it all.` : `Delete at least ${bytes}.`,
  keptApart: "What is not saved is kept apart when the session ends: for 30 days you can download it or bring it back.",
  stopSure: "These are not saved when you stop",
  stopAnyway: "Stop, and save the rest",
  apart: "Left out for lack of room",
  apartAbout: "What your plan had no room for when a session ended. It is not part of your workspace, and is kept for 30 days.",
  apartHere: (bytes: string) => `${bytes} did not fit into your plan when you last worked. It is kept apart for 30 days.`,
  apartLook: "See what it is",
  apartMore: "Not all of it is listed here; the download has all of it.",
  apartTooLarge: "Your plan has no room for all of it at once.",
  keptUntil: (time: string) => `kept until ${time}`,
  bringAllBack: "Bring all of it back",
  discard: "Discard",
  discardSure: (time: string) => `Delete what was left out at ${time} for good?`,
  discarded: "It is deleted.",
  lostAtEnd: "There is no room to keep these apart either: they are gone when the session ends. Download them in the editor before that:",
  storageLifted: (plan: string) => `The plan ${plan} has room for them.`,

  time: "Time",
  noLimit: "without limit",
  leftOf: (left: string, granted: string) => `${left} of ${granted}`,
  timeLeft: (left: string, granted: string, renews: string) => `${left} of ${granted} left; it renews at ${renews}`,
  usedUp: (renews: string, plan: string | null) =>
    `Your plan's time is used up. It renews at ${renews}.${plan ? ` The plan ${plan} has more.` : ""}`,
  timeEnds: (at: string) => ` left of your plan's time. At ${at} your workspace is saved and put away.`,
  idleSince: "Nothing is happening in your workspace. In ",
  idleEnds: " it is saved and put away. Go to the editor to keep it open.",
  backgroundUntil: (until: string) => `A job keeps running without a browser, until ${until} at the latest.`,

  usage: "Usage",
  used: "Used",
  remaining: "Left",
  renewal: "Renews at",
  usageEmpty: "Nothing was used in this month.",
  usageMore: "These are the newest; there is more of this month.",
  usageRest: "Show the rest",
  byDay: "By day",
  bySession: "By session",
  inBackground: (length: string) => `${length} of it without a browser`,
  openNow: "open now",
  idleFor: (length: string) => `put away: for ${length} no typing, and no process that may keep it open`,
  /** By the reason for which a session ended. */
  endings: {
    member: "you stopped it",
    idle: "put away: nothing was happening in it",
    allowance: "the plan's time was used up",
    suspended: "the account was suspended",
    lost: "its container was lost; what came after the last save is missing",
    stopped: "the platform stopped its container; it was saved before",
    "never-opened": "it did not open in time",
    deleted: "the account was deleted",
    "signed-out": "you were signed out everywhere",
  } as Record<string, string>,
  csv: "Download as a table (CSV)",
  zone: "Time zone",
  zoneAbout: (zone: string) => `Days and months turn over at midnight in ${zone}.`,
  zoneHolds: (when: string) => `It can be changed again from ${when} on.`,
  zoneNew: "Another one, for 30 days at least",
  zoneChange: "Change",
  zoneChanged: (zone: string) => `Your days and months are those of ${zone} now.`,

  history: "History",
  historyAbout: "What was saved, newest first. Going back keeps what you have now in this list.",
  historyOpen: "What was saved, newest first. Stop your workspace to go back to one of them.",
  historyEmpty: "Nothing is saved yet.",
  fileCount: (count: string) => `${count} files`,
  current: "as it is now",
  atStop: "when a session ended",
  olderOnes: "Show older ones",
  /** What changed with a snapshot; empty if nothing did. */
  changes: (added: number, changed: number, removed: number): string =>
    [
      added > 0 && `${added.toLocaleString()} added`,
      changed > 0 && `${changed.toLocaleString()} changed`,
      removed > 0 && `${removed.toLocaleString()} deleted`,
    ]
      .filter((part) => part !== false)
      .join(", "),
  returned: (path: string) => `with ${path} brought back`,
  restore: "Go back to this",
  download: "Download",
  onePath: "One file or folder",
  path: "Its path in your home",
  bringBack: "Bring it back",
  back: "Back",
  goingBack: "Going back…",
  wentBack: (time: string) => `Your workspace opens as it was at ${time}.`,
  broughtBack: (path: string) => `${path} is back when you open your workspace.`,
  packing: "Putting your files together…",
  downloading: "Your download begins. Unpack it with: tar --zstd -xf",

  account: "Account",
  everywhere: "Sign out everywhere",
  everywhereAbout: "Ends every sign-in to this account, on this and all other devices. An open workspace is saved and closed.",
  everywhereDone: "You are signed out everywhere. If your workspace was open, it is being saved and then closes.",
  deleteAccount: "Delete the account",
  deleteAbout:
    "Your files, their whole history, your settings and your sign-in are deleted for good. Nobody can bring them back, not even the operator. Download what you want to keep first: it is under History.",
  deleteAsks: "You are asked to sign in once more, so that nobody else can do this.",
  deleteUnderstood: "I understand that everything is deleted for good.",
  deleteNow: "Delete everything",
  deleteNot: "Keep the account",
  deleted: "Your account is deleted. Its files are being erased now.",

  verify: "Verify your email address",
  verifyAbout: (address: string) =>
    `Your plan needs a verified email address, and nobody has shown yet that ${address} is yours. We send you a mail with a link.`,
  verifyNoAddress:
    "Your plan needs a verified email address, and your sign-in has none. Say which address is yours, and we send you a mail with a link.",
  verifyAddress: "Your email address",
  verifySend: "Send the mail",
  verifyAgain: "Send it again",
  verifySent: (address: string) => `A mail is on its way to ${address}. Follow the link in it.`,
  verifyWaits: "Leave this page open: your workspace opens by itself then. If no mail comes, look in your spam folder.",
  verifyThenSignIn: "You may be asked to sign in once more after that.",
  verifiedSignIn: "Your sign-in has ended, as it does when the link in the mail is followed. Please sign in again to open your workspace.",
  verifyDone: "I have followed the link",

  wrong: "That did not work",
  tryAgain: "Try again",
  /** By the problem's name. What stands here is said in place of the control plane's own sentence. */
  problems: {
    unreachable: "Ondol can't be reached. Check your network, then try again.",
    "not-signed-in": "Your sign-in is no longer valid. Sign in again.",
    "sign-in-failed": "Signing in did not work. Try again, or sign in another way.",
    "too-many-requests": "You asked for this too often in a short time. Nothing is lost. Wait a minute, then try again.",
    "popup-blocked": "The browser blocked the sign-in window. Allow pop-ups for this page, then try again.",
    blocked:
      "The browser refused to go to the editor: this page may not send you to its address. Tell the operator.",
    "sign-in-again": "Your last sign-in was too long ago for this. Nothing was changed. Sign out, sign in again, and try once more.",
    "mail-not-sent": "The mail could not be sent. Try again in a while, or sign in with Google.",
    "too-many-mails": "Too many mails were sent to this address. Try again in a while.",
    "invalid-address": "This is not an email address. Check it, and try again.",
    "other-provider": "This email address is known with another way to sign in. Use that one.",
  } as Record<string, string>,
  unexpected: (error: string) => `Something unexpected happened in this page: ${error}. Reload it and try again.`,

  lasted: (seconds: number): string => {
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    if (seconds < 60) return `${Math.floor(seconds)} s`;
    return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  },
  left: (seconds: number): string => `${seconds} s`,
  minutes: (count: number): string => `${count} min`,
  hours: (count: number): string => `${count} h`,
};

export type Words = typeof en;
