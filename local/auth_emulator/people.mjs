// The people who signed in, kept in a folder: the emulator has them in memory only, and without them a restart would give
// everyone a new uid, and so an empty workspace.

import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const INTERVAL = 2_000; // ms between looks: what a killed emulator may forget

/** The emulator's accounts and settings, as `accounts.json` and `config.json` in the form of Firebase's own exports. */
export class People {
  #files;
  #folder;
  #project;
  #saved = new Map();
  #saving = Promise.resolve();

  constructor(emulator, project, folder) {
    const accounts = `/identitytoolkit.googleapis.com/v1/projects/${project}/accounts:batchGet?maxResults=-1`;
    this.#files = { "accounts.json": emulator + accounts, "config.json": `${emulator}/emulator/v1/projects/${project}/config` };
    this.#folder = folder;
    this.#project = project;
  }

  /** Gives the emulator what was saved. Their uids stay; their tokens do not, they sign in again. */
  async restore(auth) {
    await mkdir(this.#folder, { recursive: true });
    await auth.importData(this.#folder, this.#project, { initiatedBy: "start" });
  }

  /** Saves again and again, and never ends: what could not be saved now may be in a while. */
  async keep() {
    for (;;) {
      await pause(INTERVAL);
      await this.save().catch((problem) => console.error(`Auth emulator: its people were not saved: ${problem.message}`));
    }
  }

  /** Writes what changed. Two at once go one after the other. */
  save() {
    this.#saving = this.#saving.catch(() => {}).then(() => this.#save());
    return this.#saving;
  }

  async #save() {
    for (const [file, address] of Object.entries(this.#files)) {
      const content = await read(address);
      if (content === this.#saved.get(file)) continue;
      await replace(path.join(this.#folder, file), content);
      this.#saved.set(file, content);
    }
  }
}

async function read(address) {
  const response = await fetch(address, { headers: { Authorization: "Bearer owner" } });
  if (!response.ok) throw new Error(`${address} answers ${response.status}: ${await response.text()}`);
  return response.text();
}

async function replace(file, content) {
  // The draft's name must not hold "accounts": the import takes every file that does.
  const draft = path.join(path.dirname(file), ".draft");
  await writeFile(draft, content, { mode: 0o600 });
  await rename(draft, file);
}
