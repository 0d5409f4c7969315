// How a view reaches the page and the member whom it is drawn for.

import { createContext } from "svelte";
import type { Member } from "./member.svelte";
import type { Page } from "./page.svelte";

export const [usePage, setPage] = createContext<Page>();

/** In views that are shown to members only. */
export function useMember(): Member {
  const { member } = usePage();
  if (!member) throw new Error("this view is for members");
  return member;
}
