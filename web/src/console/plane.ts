// The operator's part of the control plane. Each call raises Problem.

import type {
  AccountDetails, AuditView, CostsView, DaysView, LineView, MailsView, MembersView, MoneyView, OpensView, Overview, PayersView, Ready, SessionDetails, SessionsView,
  SlotDetails, SlotsView,
} from "../api";
import type { Client } from "../api/client";

type Query = Record<string, string | number | boolean>;
const SECURITY = [{ scheme: "bearer", type: "http" } as const];

/** What is asked of a lever, beside the id and the reason. */
export type Asked = Record<string, string | number | boolean | null | undefined | object>;

export class Plane {
  constructor(private readonly client: Client) {}

  readonly now = () => this.look<Overview>("");
  readonly opens = () => this.look<OpensView>("/opens");
  readonly slots = (after: string | null) => this.look<SlotsView>("/slots", after === null ? {} : { after });
  readonly slot = (slot: string) => this.look<SlotDetails>("/slot", { slot });
  readonly sessions = (after: string | null) => this.look<SessionsView>("/sessions", after === null ? {} : { after });
  readonly session = (session: string) => this.look<SessionDetails>("/session", { session });
  readonly members = (query: Query) => this.look<MembersView>("/members", query);
  readonly account = (uid: string) => this.look<AccountDetails>("/account", { uid });
  readonly audit = (query: Query) => this.look<AuditView>("/audit", query);
  readonly mails = () => this.look<MailsView>("/mails");
  readonly money = () => this.look<MoneyView>("/money");
  readonly payers = (query: Query) => this.look<PayersView>("/payers", query);
  readonly costs = () => this.look<CostsView>("/costs");
  readonly days = (month: string) => this.look<DaysView>("/usage", { month });

  /** The change is made once, however often the browser sends it: `request` is its id. */
  async change(lever: string, request: string, note: string, asked: Asked): Promise<LineView> {
    return (await this.post<LineView>(lever, { request, note, ...asked }));
  }

  /** Null while the archive is being packed. */
  async download(request: string, note: string, uid: string): Promise<Ready | null> {
    const answer = await this.post<Ready | { snapshot: string }>("download", { request, note, uid });
    return "url" in answer ? answer : null;
  }

  private async look<T>(path: string, query: Query = {}): Promise<T> {
    const { data } = await this.client.get({ security: SECURITY, url: `/admin${path}`, query });
    return data as T;
  }

  private async post<T>(path: string, body: object): Promise<T> {
    const headers = { "Content-Type": "application/json" };
    const { data } = await this.client.post({ security: SECURITY, url: `/admin/${path}`, body, headers });
    return data as T;
  }
}

export function newRequest(): string {
  return `console-${crypto.randomUUID()}`;
}
