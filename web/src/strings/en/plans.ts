export const plans = {
  title: "Plans",
  compare: "Compare plans",
  have: (plan: string, price: string | null) => (price ? `You have the ${plan} plan, ${price} a month.` : `You have the ${plan} plan.`),
  yours: "Your plan",
  sideBySide: "All plans",
  aboutPaying: "You pay on a page of the payment provider's. Ondol never sees your card. You can cancel there at any time.",
  // what changes with another plan
  more: (amount: string) => `${amount} more than now`,
  less: (amount: string) => `${amount} less than now`,
  now: (amount: string) => `now ${amount}`,
  nowTime: { day: (length: string) => `now ${length} a day`, month: (length: string) => `now ${length} a month` },
  nowWithout: "now without limit",
  nowNone: "now programs pause",
  nowSeats: (count: number) => `now up to ${count} people`,
  nowAlone: "now for you alone",
  onePerson: (count: number) => `For one person; now up to ${count}.`,
  fits: (stored: string) => `The ${stored} that you store fit.`,
  fitsNot: (stored: string, over: string) => `You store ${stored}, which is ${over} too much. The largest files would no longer be saved.`,
  // the buttons
  take: (plan: string) => `Take ${plan}`,
  goOn: (plan: string) => `Continue with ${plan}`,
  change: (plan: string) => `Change to ${plan}`,
  ask: "Ask the operator",
  cancelFirst: "Cancel your subscription to go back to this plan.",
  opening: "Opening the payment page…",
  portal: "Cards, invoices, cancel",
  checkCard: "Check your card",
  payInvoice: "Pay the open invoice",
  // who can't buy
  notSelling: "Nothing is sold here. The operator of this Ondol sets plans by hand. Ask them for another one.",
  notOwner: "Your plan belongs to somebody else, who also pays for it. Only they can change it.",
  // how the plan is paid for
  paid: "It is paid for, and goes on from month to month.",
  byHand: "The operator of this Ondol gave it to you.",
  byHandSold: "The operator of this Ondol gave it to you. A plan that you buy takes its place.",
  ended: "Your subscription has ended.",
  ending: (plan: string, until: string) => `The ${plan} plan ends on ${until}, and nothing more is charged. Your files stay.`,
  following: (plan: string, next: string) => `The ${next} plan follows when the month that is paid for ends. Until then you have all of ${plan}.`,
  retrying: (plan: string, until: string | null) =>
    `Your last payment did not go through. Your ${plan} plan is kept ${until ? `until ${until}` : "for now"}, and the payment is tried again. Check your card before then.`,
  unpaid: (plan: string) => `A payment is missing, so you have the ${plan} plan. Your files are safe. Pay the open invoice, and the plan that you bought is back at once.`,
  paused: (plan: string) => `Your subscription is paused, so you have the ${plan} plan. Your files are safe.`,
  incomplete: "Your first payment is not complete. Complete it under Cards, invoices, cancel. Otherwise it is dropped within a day, and nothing is charged.",
  kept: (plan: string, until: string) => `What only the ${plan} plan has room for, files and earlier versions, can be seen and downloaded until ${until}.`,
  // back from the payment page
  coming: "Your payment is on its way. Your plan follows in a moment.",
  come: (plan: string) => `Thank you. You have the ${plan} plan now.`,
  late: "Your payment has not arrived yet. Some payments take a few minutes. If you have paid, you need not pay again.",
  look: "Look again",
  /** By the problem's name, where the view knows more than the table of problems. */
  refused: {
    forbidden: () => "Only the owner of the plan can buy and manage it. Ask them.",
    "checkout-open": (again: string | null) =>
      `A payment page that you opened before may still be open. So that you don't pay twice, Ondol opens no other one${again ? ` before ${again}` : " yet"}. Pay on that page, or try again then. Nothing was charged.`,
    "not-found": () => "This change is not possible here, and nothing was charged. Look under Cards, invoices, cancel, or ask the operator.",
  } as Record<string, (again: string | null) => string>,
};
