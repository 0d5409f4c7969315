// What the page is told about where it runs: GET /config.json.

export interface Config {
  firebase: { apiKey: string; authDomain: string; projectId: string };
  /** Address of the Auth emulator, or null where people sign in with Google or GitHub. */
  authEmulator: string | null;
  version: string;
  /** Pages of the operator's, as far as there are any. */
  links?: Partial<Record<"help" | "status" | "terms" | "privacy" | "source", string>>;
}

export async function readConfig(): Promise<Config> {
  const answer = await fetch("/config.json");
  if (!answer.ok) throw new Error(`GET /config.json answered ${answer.status}`);
  return (await answer.json()) as Config;
}
