// The team's part of the control plane, loaded with the views that ask it. Each call raises Problem.

import * as calls from "../api";
import type { EffectsAnswer, InviteAnswer, LookAnswer, TeamRole, TeamStorage, TeamUsage, TeamView } from "../api";
import type { Client } from "../api/client";
import type { Language } from "./language.svelte";

export class TeamPlane {
  constructor(private readonly client: Client) {}

  /** Null for somebody who is in no team. */
  async team(signal: AbortSignal): Promise<TeamView | null> {
    return (await calls.team({ client: this.client, signal })).data.team;
  }

  async usage(signal: AbortSignal): Promise<TeamUsage> {
    return (await calls.teamUsage({ client: this.client, signal })).data;
  }

  async storage(signal: AbortSignal): Promise<TeamStorage> {
    return (await calls.teamStorage({ client: this.client, signal })).data;
  }

  /** What leaving does, the member's own or, for owners, that of somebody else. */
  async effects(uid: string | null, signal: AbortSignal): Promise<EffectsAnswer> {
    return (await calls.teamEffects({ client: this.client, query: uid === null ? {} : { uid }, signal })).data;
  }

  async create(name: string): Promise<TeamView | null> {
    return (await calls.teamCreate({ client: this.client, body: { name } })).data.team;
  }

  async rename(name: string): Promise<TeamView | null> {
    return (await calls.teamRename({ client: this.client, body: { name } })).data.team;
  }

  async invite(address: string, role: TeamRole, language: Language): Promise<InviteAnswer> {
    return (await calls.teamInvite({ client: this.client, body: { address, role, language } })).data;
  }

  async resend(invitation: string): Promise<InviteAnswer> {
    return (await calls.teamResend({ client: this.client, body: { invitation } })).data;
  }

  async revoke(invitation: string): Promise<TeamView | null> {
    return (await calls.teamRevoke({ client: this.client, body: { invitation } })).data.team;
  }

  async give(uid: string, role: TeamRole): Promise<TeamView | null> {
    return (await calls.teamRole({ client: this.client, body: { uid, role } })).data.team;
  }

  async answer(accept: boolean): Promise<TeamView | null> {
    return (await calls.teamAnswer({ client: this.client, body: { accept } })).data.team;
  }

  async remove(uid: string): Promise<TeamView | null> {
    return (await calls.teamRemove({ client: this.client, body: { uid } })).data.team;
  }

  async leave(): Promise<void> {
    await calls.teamLeave({ client: this.client, body: {} });
  }

  /** By the team's name, as the owner has typed it. */
  async close(name: string): Promise<void> {
    await calls.teamDelete({ client: this.client, body: { name } });
  }

  async look(token: string, signal: AbortSignal): Promise<LookAnswer> {
    return (await calls.teamLook({ client: this.client, body: { token }, signal })).data;
  }

  async accept(token: string): Promise<TeamView | null> {
    return (await calls.teamAccept({ client: this.client, body: { token } })).data.team;
  }
}
