// What everybody reads, in Korean.

import type { First } from "../en/first";
import { common } from "./common";
import { frame } from "./frame";
import { front } from "./front";
import { problems } from "./problems";

export const words: First = { common, frame, front, problems };
