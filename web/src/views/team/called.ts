// What a person in the team is called.

import type { PersonView } from "../../api";

export function called({ name, email, uid }: Pick<PersonView, "name" | "email" | "uid">): string {
  return name ?? email ?? uid;
}
