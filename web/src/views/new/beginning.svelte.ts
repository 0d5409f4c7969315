// Beginning with a project: opens the workspace, has its slot bring the project in, and enters the editor there.

import type { AllocateAnswer } from "../../api";
import { language, type Saying, words } from "../../state/language.svelte";
import type { Member } from "../../state/member.svelte";
import { enter, open } from "../../state/opening";
import { isProblem, Problem } from "../../state/problem";
import { sizeOf } from "../../state/shown";
import * as unsaved from "../../state/unsaved";
import { onlookerOf, type Progress } from "../../state/workspace.svelte";
import type { Archive } from "./chosen";
import { bring, send, type Source, type Way } from "./slotProject";

/** The slot has one, which is always there. */
const SAMPLE = "first-page";
/** Milliseconds in which the control plane's way into the editor is used. It holds for a minute. */
const ENTERED_WITHIN = 40_000;

export class Beginning {
  /** Null while nothing is under way. */
  progress = $state<Progress | null>(null);
  trouble = $state.raw<unknown>(null);
  /** What is under way, or has failed. */
  private source: Source | null = null;
  private archive: Blob | null = null;

  constructor(private readonly member: Member) {}

  /** Whether the repository may be readable with GitHub's token. */
  get mayAskGithub(): boolean {
    const { source } = this;
    const known = isProblem(this.trouble, "repository-not-readable") && source?.action === "repository" && !source.body.token;
    return known && !this.member.page.config?.authEmulator && new URL(source.body.address).hostname === "github.com";
  }

  repository(address: string): void {
    this.begin({ action: "repository", body: { address: address.trim(), token: "" } }, null);
  }

  sample(): void {
    this.begin({ action: "sample", body: { name: SAMPLE } }, null);
  }

  upload({ name, content }: Archive): void {
    this.begin({ action: "archive", body: { name: name.slice(0, 300) } }, content);
  }

  again(): void {
    if (this.source) this.begin(this.source, this.archive);
  }

  /** The member signs in with GitHub, and the repository is cloned with the token that GitHub gives. */
  async withGithub(): Promise<void> {
    const { source } = this;
    if (source?.action !== "repository") return;
    try {
      const token = await this.member.accounts.githubToken();
      if (token) this.begin({ ...source, body: { ...source.body, token } }, null);
    } catch (trouble) {
      this.trouble = trouble;
    }
  }

  cancel(): void {
    this.member.page.giveUp();
    this.progress = null;
  }

  failed(trouble: unknown): void {
    const { page, status } = this.member;
    this.progress = null;
    if (isProblem(trouble, "email-unverified")) page.show({ kind: "verifying" });
    else if (isProblem(trouble, "account-suspended")) status.refresh(trouble); // which says why
    else this.trouble = trouble;
  }

  private begin(source: Source, archive: Blob | null): void {
    Object.assign(this, { source, archive });
    this.trouble = null;
    this.member.page.begin(
      (signal) => this.work(source, archive, signal),
      (trouble) => this.failed(trouble),
    );
  }

  private async work(source: Source, archive: Blob | null, signal: AbortSignal): Promise<void> {
    const { api, page, person } = this.member;
    const onlooker = onlookerOf((progress, news) => {
      if (signal.aborted) return;
      this.progress = progress;
      page.news = news;
    });
    const entrance = await open(api, language(), onlooker, signal, true);
    const opened = performance.now();
    const way = wayOf(entrance);
    if (archive) await send(way, archive, (bytes) => this.tellSent(bytes, archive.size), signal);
    const folder = await bring(way, source, (step, part) => this.tell(stepOf(step), part), signal);
    if (source.action === "repository") source.body.token = ""; // it was used
    const isFresh = performance.now() - opened < ENTERED_WITHIN;
    const latest = isFresh ? entrance : await api.allocate(language(), false, signal);
    onlooker.step("enter", new URL(latest.enter_url).origin);
    enter({ ...latest, folder }, unsaved.giveAlong(person.uid, latest.session));
  }

  private tellSent(bytes: number, all: number): void {
    this.tell(({ newProject }) => newProject.sending(sizeOf(bytes), sizeOf(all)), bytes / all);
  }

  private tell(doing: Saying, part: number | null): void {
    if (!this.progress) return;
    const before = this.progress.project?.doing(words());
    this.progress.project = { doing, part };
    if (doing(words()) !== before && part === null) this.member.page.news = doing(words());
  }
}

function wayOf({ project_url, project_token }: AllocateAnswer): Way {
  if (!project_url || !project_token) throw new Problem("internal", "the answer has no token for a project", 0);
  return { url: project_url, token: project_token };
}

/** A slot that is newer than the page may name a step that the page does not know. */
function stepOf(step: string): Saying {
  return ({ newProject }) => newProject.steps[step as keyof typeof newProject.steps] ?? newProject.other;
}
