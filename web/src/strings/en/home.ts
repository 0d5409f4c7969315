export const home = {
  hello: (name: string | null) => (name ? `Hello, ${name}` : "Hello"),
  asleep: "Your workspace is saved and closed. Press Open to continue.",
  closed: "Your workspace is saved and closed.",
  first: "Your workspace is empty and ready. Open it and start.",
  awake: "Your workspace is open.",
  silent: "Your workspace does not answer.",
  silentNote: (saved: string | null) =>
    `The container of your workspace may be lost. ${saved ? `Your files were last saved at ${saved}.` : "Nothing was saved in this session yet."} Press Open to return to your workspace. If the container is lost, your workspace opens in another one.`,
  late: (length: string) =>
    `Your newest changes have not been saved for ${length}. Everything saved before that is safe. Ondol keeps trying; leave the workspace open until it is saved.`,
  keptText: (names: string) =>
    `Text that was not saved when the connection was lost is kept in this browser: ${names}. Open your workspace, and its editor offers to bring it back.`,
  discardText: "Discard the text",
  offline: "You are offline",
  asOf: (time: string) => `This is how things stood at ${time}. Your saved files are safe.`,
  wasOpen: (since: string) => `Your workspace was open since ${since}.`,
  wasClosed: "Your workspace was saved and closed.",
  goOn: "Go to the editor",
  stop: "Stop",
  where: "Where",
  since: "Open since",
  saved: "Last saved",
  notSaved: "Not yet",
  savedNow: (time: string | null) => (time ? `Saved at ${time}.` : "Stopped."),
  ends: {
    member: (saved: string) => `You stopped your workspace. It was saved at ${saved}.`,
    idle: (saved: string) => `Your workspace was idle. It was saved at ${saved} and closed.`,
    lost: (saved: string) =>
      `The container of your workspace was lost. Your files are as saved at ${saved}; changes after that are lost.`,
    allowance: (saved: string) => `Your plan's time was used up. Your workspace was saved at ${saved} and closed.`,
    suspended: (saved: string) => `Your account was suspended. Your workspace was saved at ${saved} and closed.`,
    operator: (saved: string) => `The operator stopped your workspace. It was saved at ${saved} and closed.`,
    "signed-out": (saved: string) => `You signed out everywhere. Your workspace was saved at ${saved} and closed.`,
    team: (saved: string) =>
      `You joined or left a team. Your workspace was saved at ${saved} and closed; open it again to go on.`,
    other: (saved: string) => `Your workspace was saved at ${saved}.`,
  },
  lostUnsaved: "The container of your workspace was lost before the first save, so your files are as they were before that session.",
  time: "Time",
  teamTime: "Your team's time",
  teamStorage: "Your team's storage",
  toTeam: "See the team",
  storageShare: (used: string, room: string | null) => (room ? `you use ${used} of ${room} that the others leave` : `you use ${used}`),
  teamUsedUp: (renews: string) => `Your team's time is used up. You can open your workspace again at ${renews}. Your files are safe.`,
  timeLeft: (left: string, granted: string, renews: string) => `${left} of ${granted} left; renews at ${renews}`,
  timeGone: (granted: string, renews: string) => `all of ${granted} used; renews at ${renews}`,
  minutesLeft: "Time left",
  nextPlan: (plan: string, price: string | null) =>
    `The ${plan} plan${price ? ` (${price} a month)` : ""} has more.`,
  askOperator: "How to reach the operator",
  nothingSaved: (limit: string | null) => (limit ? `empty, with room for ${limit}` : "empty"),
  usedUp: (renews: string) => `Your plan's time is used up. You can open your workspace again at ${renews}. Your files are safe.`,
  suspension: {
    why: {
      abuse: "The operator has suspended your account.",
      payment: "Your account is suspended, because a payment is missing.",
    },
    writes: "The operator writes:",
    kept: "Your files are kept. You can't open or download them while the account is suspended.",
    mayDownload: "Your files are kept. You can't open your workspace, but you can see the history and download your files.",
    contact: "Contact:",
  },
  timeEnds: (left: string, at: string) =>
    `${left} left of your plan's time. At ${at} your workspace is saved and closed.`,
  idleEnds: (left: string) =>
    `Your workspace is idle. In ${left} your workspace is saved and closed. Go to the editor to keep it open.`,
  backgroundUntil: (until: string) => `A job keeps running without a browser, until ${until} at the latest.`,
};
