// What everybody reads, in English.

import { common } from "./common";
import { frame } from "./frame";
import { front } from "./front";
import { problems } from "./problems";

export const words = { common, frame, front, problems };
export type First = typeof words;
