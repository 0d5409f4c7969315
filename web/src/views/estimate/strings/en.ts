// What the estimate says, in English. The names of lines, peers and levers come with the answer.

import type { Slider } from "../inputs";

const sliders: Record<Slider, string> = {
  members: "Members",
  hours: "Hours each works in a month",
  sessions: "Sessions each has in a month",
  background: "Hours a job goes on without a browser",
  stored: "Stored by each, GiB",
  warm: "Warm slots",
};

export const words = {
  title: "What would Ondol cost you?",
  about: "An estimate for a deployment of your own in Google Cloud, at list prices. Nothing of it was measured on a bill yet: the two ends of a range are the bounds of what is not known.",
  back: "To Ondol",
  inputs: "Your numbers",
  sliders,
  place: "Region",
  places: { seoul: "Seoul", iowa: "Iowa, United States" },
  plan: "Plan of the members",
  shape: "A slot",
  shapeOf: (cpu: number, memory: number) => `${cpu} CPU, ${memory} GiB`,
  freeTiers: "Take off what Google offers for free",
  result: "A month",
  standing: "of it also if nobody works",
  each: "for each member",
  hour: "for each hour of work",
  cold: (share: string) => `${share} of the Opens find no warm slot and wait some seconds longer, if members come one by one. A class that comes together finds fewer.`,
  download: "Download as a spreadsheet",
  downloadAbout: "Excel or Google Sheets. Its formulas go on calculating, plan by plan.",
  copy: "Copy the link",
  isCopied: "Copied",
  copied: "The link with your numbers is copied.",
  lines: "What it is made of",
  others: (count: number) => `${count} smaller ones`,
  line: "Line",
  quantity: "Quantity",
  cost: "Dollars a month",
  elsewhere: "The same work elsewhere",
  ondol: "Ondol",
  times: (times: string) => `${times} times Ondol`,
  curve: "With more and with fewer members",
  curveAbout: "Dollars a month for each member. The pool has as many warm slots as leave at most one Open in a hundred without one.",
  curvePicture: (few: string, many: string) => `The more members, the less each costs: from ${few} to ${many}.`,
  members: "Members",
  warm: "Warm slots",
  eachMember: "Each member",
  stopping: "A server each, which stops",
  levers: "What an operator can change",
  saves: (dollars: string) => `saves ${dollars}`,
  costs: (dollars: string) => `costs ${dollars} more`,
  calculating: "Calculating…",
};

export type EstimateWords = typeof words;
