// What people in the team are called.

import type { PersonView } from "../../api";

/** By uid. Who has the name of somebody else is called by the address too. Whoever is in the team no more: by the uid. */
export function namesOf(people: readonly PersonView[]): (uid: string) => string {
  const short = people.map((each) => each.name ?? each.email ?? each.uid);
  const names = new Map(
    people.map(({ uid, email }, at) => {
      const name = short[at] ?? uid;
      const isShared = short.filter((other) => other === name).length > 1;
      return [uid, isShared ? `${name} (${email ?? uid})` : name];
    }),
  );
  return (uid) => names.get(uid) ?? uid;
}
