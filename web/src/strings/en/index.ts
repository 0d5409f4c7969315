// What members read, in English: a table a subject. The other languages have the same shape.

import type { First } from "./first";
import { account } from "./account";
import { history } from "./history";
import { home } from "./home";
import { newProject } from "./newProject";
import { opening } from "./opening";
import { plans } from "./plans";
import { stopping } from "./stopping";
import { storage } from "./storage";
import { team } from "./team";
import { usage } from "./usage";
import { verifying } from "./verifying";

/** By the problem's name: the control plane's own sentences are English. */
const refusals: Record<string, string> = {};
export const words = { account, history, home, newProject, opening, plans, refusals, stopping, storage, team, usage, verifying };
export type Rest = typeof words;
export type Words = First & Rest;
