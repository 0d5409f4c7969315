// What members read, in Korean.

import type { Rest } from "../en";
import { account } from "./account";
import { history } from "./history";
import { home } from "./home";
import { newProject } from "./newProject";
import { opening } from "./opening";
import { plans } from "./plans";
import { refusals } from "./refusals";
import { stopping } from "./stopping";
import { storage } from "./storage";
import { team } from "./team";
import { usage } from "./usage";
import { verifying } from "./verifying";

export const words: Rest = {
  account,
  history,
  home,
  newProject,
  opening,
  plans,
  refusals,
  stopping,
  storage,
  team,
  usage,
  verifying,
};
