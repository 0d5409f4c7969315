// @ts-nocheck
// Made by `make schema`.

export type ClientOptions = {
    baseUrl: `${string}://${string}/api` | (string & {});
};

/**
 * In seconds. null means without limit.
 */
export type AccountAllowance = {
    period: string;
    /**
     * Including time that operators have added.
     */
    granted: number | null;
    used: number | null;
    left: number | null;
    renews: number;
};

/**
 * The request was carried out.
 */
export type AccountAnswer = {
    done: boolean;
};

/**
 * One account, as operators see it.
 */
export type AccountDetails = {
    uid: string;
    email: string | null;
    name: string | null;
    state: AccountState;
    suspended_for: SuspendedFor | null;
    /**
     * What the member is told of the suspension.
     */
    suspension_notice: SuspensionNotice | null;
    created: number;
    plan: string;
    allowance: AccountAllowance;
    /**
     * Of the person's own billing account; null if nobody has begun to pay.
     */
    payments: PaymentDetails | null;
    team: TeamDetails | null;
    /**
     * The open one.
     */
    session: SessionRow | null;
    /**
     * The newest ones, newest first.
     */
    sessions: Array<SessionRow>;
    /**
     * Among the newest sessions; null if there is none.
     */
    last_error: LastError | null;
    storage: PlanStorageView;
};

export type AccountState = 'active' | 'deleted' | 'suspended';

/**
 * The caller's account.
 */
export type AccountView = {
    uid: string;
    email: string | null;
    name: string | null;
    state: AccountState;
    /**
     * The language that the member chose, or else that of the first login.
     */
    locale: string;
    /**
     * null unless the account is suspended.
     */
    suspension: SuspensionView | null;
};

/**
 * - `announce`: An operator announces members who will come together.
 * - `take-back`: An operator takes an announcement back.
 * - `operator-taken-back`: An operator, or an auditor, has the role no more.
 */
export type Action = 'announce' | 'auditor' | 'download' | 'drain' | 'end' | 'grant' | 'limits' | 'operator' | 'operator-taken-back' | 'plan' | 'pool' | 'quarantine' | 'recycle' | 'resume' | 'suspend' | 'take-back';

/**
 * As many as the arrivals of the last weeks make worthwhile, between two bounds.
 */
export type Adaptive = {
    type: 'adaptive';
    least: number;
    most: number;
    /**
     * Weeks whose Opens are counted.
     */
    weeks: number;
    /**
     * What it is worth, in US cents, that one member does not wait for a container to start. A slot is added while its idle price is less than what the misses that it saves are worth.
     */
    miss_cents: number;
};

/**
 * Where the workspace is opened from.
 */
export type Allocate = {
    /**
     * The id that the page made at the sign-in. Signing out in this browser ends what this id may enter.
     */
    browser?: string | null;
    /**
     * Whether the answer is to have a token for bringing a project in.
     */
    project?: boolean;
    /**
     * The language of the page that opens it: the editor speaks it too.
     */
    locale?: string;
};

/**
 * The open session. A container serves it.
 */
export type AllocateAnswer = {
    session: string;
    state: SessionState;
    enter_url: string;
    /**
     * Can be used once, within a minute.
     */
    enter_token: string;
    folder: string;
    /**
     * `/repository`, `/sample` and `/archive` below it bring a project into the home; docs/protocol.md says how.
     */
    project_url: string | null;
    /**
     * Can be used for an hour, by this browser.
     */
    project_token: string | null;
};

/**
 * What the plan grants. null means without limit.
 */
export type AllowanceView = {
    /**
     * Seconds in the editor that this period grants.
     */
    granted: number | null;
    /**
     * Seconds that are left of them.
     */
    seconds: number | null;
    /**
     * When the next period begins.
     */
    renews: number;
    /**
     * The title of the smallest plan with more time, if none is left.
     */
    lifted_by: string | null;
    /**
     * Bytes of storage.
     */
    bytes: number | null;
};

/**
 * Members who will come together, such as a class: slots for all of them are warm from ten minutes before until twenty minutes after the time, on top of the others.
 */
export type Announce = {
    /**
     * Chosen by the caller. The same id again is the same request, and must have the same content.
     */
    request: string;
    /**
     * The operator's reason.
     */
    note: string;
    /**
     * When, in Unix seconds.
     */
    starts: number;
    members: number;
};

/**
 * Members who will come together.
 */
export type AnnouncementView = {
    /**
     * The request that announced them, by which it is taken back. Its line in the audit log says who they are.
     */
    announcement: string;
    starts: number;
    members: number;
    /**
     * Whether slots are warm for them now.
     */
    holds: boolean;
};

/**
 * Lines, newest first.
 */
export type AuditView = {
    lines: Array<LineView>;
};

/**
 * The bounds of what is not known.
 */
export type Between = {
    low: number;
    high: number;
};

/**
 * The plan, and how it is paid for.
 */
export type BillingAnswer = {
    plan: PlanView;
    kept: KeptView | null;
    /**
     * Whether plans are sold here. If not, operators set them by hand.
     */
    selling: boolean;
    /**
     * The plans that have a price each month, from small to large; none if nothing is sold here.
     */
    for_sale: Array<PlanView>;
    /**
     * Whether the caller can buy and manage: the owner of an own account, and of a team whoever may pay for it. What is paid for is only told to them.
     */
    own: boolean;
    paying: PayingView | null;
};

export type Buy = {
    /**
     * A name in `for_sale`.
     */
    plan: string;
    /**
     * For the caller's team, instead of the caller alone.
     */
    team?: boolean;
    /**
     * Of the provider's page.
     */
    language?: 'en' | 'ko';
};

/**
 * A number for each hour of the week, from Monday 0:00 in the time zone on.
 */
export type ByHour = {
    type: 'by-hour';
    /**
     * An IANA name.
     */
    zone: string;
    warm: [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number
    ];
};

/**
 * One of the member's files, by its path in the home, and how it changed. The container's claim: shown, never trusted.
 */
export type ChangedPath = {
    path: string;
    how: 'added' | 'changed' | 'removed';
};

/**
 * The member's changes since the previous snapshot: how many files, and a few of them by path.
 */
export type Changes = {
    added: number;
    changed: number;
    removed: number;
    paths: Array<ChangedPath>;
};

/**
 * A line of the costs: what is paid of the quantity, times the price.
 */
export type CostLineView = {
    name: string;
    title: string;
    /**
     * Where the quantity comes from.
     */
    why: string;
    /**
     * Whether it is there even if nobody works.
     */
    standing: boolean;
    cost: Between;
    quantity: Between;
    unit: string;
    price: number;
    /**
     * Units that the price is for.
     */
    per: number;
};

/**
 * The running month, by the model of costs. What no counter says is between the bounds.
 */
export type CostsView = {
    so_far_low: number;
    so_far_high: number;
    forecast_low: number;
    forecast_high: number;
    /**
     * The dearest first.
     */
    lines: Array<MonthLineView>;
    plans: Array<PlanCostView>;
    /**
     * The dearest first: at most ten of plans by the month, ten of plans by the day, and ten of plans without limit.
     */
    dearest: Array<DearMemberView>;
};

export type DayView = {
    day: string;
    /**
     * false for a day that is not summed up yet. Time in open sessions is added within 15 minutes.
     */
    over: boolean;
    /**
     * By the plan's name.
     */
    plans: {
        [key: string]: PlanUseView;
    };
    /**
     * Bytes that all members together have saved; null if unknown.
     */
    stored: number | null;
};

/**
 * The days of the month (UTC), oldest first; the last ones may not be over.
 */
export type DaysView = {
    days: Array<DayView>;
};

/**
 * A billing account that used much time in this month.
 */
export type DearMemberView = {
    billing: string;
    /**
     * The owner's; of a team's account who pays for it. Empty if nobody is left in the team.
     */
    uid: string;
    /**
     * The team's name; null for a person's account.
     */
    team: string | null;
    plan: string;
    seconds: number;
    low: number;
    high: number;
    /**
     * Without fees; null where that is not known.
     */
    pays: number | null;
    /**
     * false if the account has cost more than it pays for certain, as one of a free plan has that was used.
     */
    covered: boolean;
    /**
     * Whether it pays, and is not covered.
     */
    loss: boolean;
};

/**
 * What was decided about a session, and by which rule.
 */
export type DecisionView = {
    at: number;
    verdict: Verdict;
    rule: string;
    /**
     * The last activity that counted.
     */
    active: number;
    /**
     * When the session would have been reclaimed.
     */
    idle_at: number;
    /**
     * Why the session ends; null if it does not.
     */
    reason: EndReason | null;
};

/**
 * No fields: the account is the caller's.
 */
export type Delete = {
    [key: string]: never;
};

export type DeleteTeam = {
    /**
     * The team's name, as the owner has typed it: so nobody deletes a team by mistake.
     */
    name: string;
};

/**
 * - `not-cancelled`: An operator's plan has replaced a subscription that the provider still charges.
 * - `doubled`: The provider charges several subscriptions of one payer.
 * - `unfit`: A person pays for a plan that teams share, or a team for a plan of one person, which pays for nobody's work.
 * - `untold`: The comparison has found a change of which no event had told.
 */
export type DisagreementKind = 'doubled' | 'not-cancelled' | 'unfit' | 'untold';

export type DisagreementView = {
    kind: DisagreementKind;
    since: number;
    subscriptions: Array<string>;
};

/**
 * Which left-out files to delete.
 */
export type Discard = {
    snapshot: string;
};

/**
 * The left-out files are deleted.
 */
export type Discarded = {
    snapshot: string;
};

/**
 * Which snapshot to download.
 */
export type Download = {
    /**
     * The newest snapshot if this is not given.
     */
    snapshot?: string | null;
};

/**
 * The member whose home is wanted, and which snapshot of it: the newest if none is given.
 */
export type DownloadHome = {
    /**
     * Chosen by the caller. The same id again is the same request, and must have the same content.
     */
    request: string;
    /**
     * The operator's reason.
     */
    note: string;
    uid: string;
    snapshot?: string | null;
};

/**
 * Ends every session that is open now.
 */
export type Drain = {
    /**
     * Chosen by the caller. The same id again is the same request, and must have the same content.
     */
    request: string;
    /**
     * The operator's reason.
     */
    note: string;
    /**
     * Close new sessions too. They stay closed until an operator opens them again.
     */
    close?: boolean;
};

/**
 * What leaving the team does.
 */
export type EffectsAnswer = {
    /**
     * null if the person does not work on the team's time, so that nothing changes for their work.
     */
    effects: EffectsView | null;
    /**
     * Whether no owner would be left. Then the ownership has to be handed over first.
     */
    last_owner: boolean;
};

/**
 * What happens to a person's work when they join or leave a team.
 */
export type EffectsView = {
    /**
     * Whether their session is open, and another account pays from then on. It is saved and ends; they can open the workspace again at once.
     */
    session_open: boolean;
    /**
     * What their workspace takes, in bytes. It goes with them.
     */
    storage_used: number;
    /**
     * The plan on which they work afterwards; null if it is not the caller's own to see.
     */
    plan: PlanView | null;
    /**
     * What that plan stores. null means without limit, or that `plan` is null.
     */
    storage_limit: number | null;
    /**
     * By how much the workspace exceeds that. Nothing is deleted for that; the next session leaves out what does not fit, and keeps it apart.
     */
    storage_over: number;
    /**
     * Whether the caller pays for a plan of their own, which goes on until they end it themselves.
     */
    subscribed: boolean;
};

/**
 * - `allowance`: The plan's time was used up.
 * - `suspended`: An operator has suspended the account.
 * - `lost`: The container disappeared or stopped answering before its last checkpoint.
 * - `stopped`: The platform stopped the container, which made its last checkpoint.
 * - `operator`: An operator ended the session, or took its slot out of use.
 * - `signed-out`: The member or Firebase Auth ended all sign-ins of the member.
 * - `team`: The member joined or left a team, so another billing account pays from now on.
 */
export type EndReason = 'allowance' | 'deleted' | 'idle' | 'lost' | 'member' | 'never-opened' | 'operator' | 'signed-out' | 'stopped' | 'suspended' | 'team';

/**
 * The member whose open session is to end.
 */
export type EndSession = {
    /**
     * Chosen by the caller. The same id again is the same request, and must have the same content.
     */
    request: string;
    /**
     * The operator's reason.
     */
    note: string;
    uid: string;
};

/**
 * What a month costs.
 */
export type EstimateAnswer = {
    total: Between;
    standing: Between;
    /**
     * For each member.
     */
    each: Between;
    /**
     * For each hour of work.
     */
    hour: Between;
    /**
     * The part of Opens that find no warm slot, if members come at all hours alike and one by one.
     */
    cold: Between;
    /**
     * The dearest first.
     */
    lines: Array<CostLineView>;
    /**
     * The dearest first.
     */
    peers: Array<PeerView>;
    curve: Array<PointView>;
    /**
     * What saves most first.
     */
    levers: Array<LeverView>;
};

/**
 * One figure with its healthy range.
 */
export type Figure = {
    name: Measure;
    /**
     * null if nothing was measured.
     */
    value: number | null;
    least: number | null;
    most: number | null;
    healthy: boolean;
};

/**
 * A large folder or file of the home. All fields are the container's claim: shown, never trusted.
 */
export type Folder = {
    path: string;
    bytes: number;
    /**
     * All of it is in the tier `deps`: tools can make it again, and so the member may delete it.
     */
    dependencies: boolean;
};

/**
 * A page of a folder, sorted by name.
 */
export type FolderView = {
    /**
     * As the snapshot spells it.
     */
    folder: string;
    /**
     * Other folders of the snapshot that look the same, in other Unicode characters; at most four.
     */
    alike: Array<string>;
    entries: Array<PathView>;
    /**
     * More entries exist if this is not null: ask for them with `after`.
     */
    next: string | null;
    /**
     * The snapshot has more paths than are listed here or could be read in time.
     */
    partial: boolean;
};

export type GiveRole = {
    uid: string;
    role: TeamRole;
};

/**
 * How many seconds to add.
 */
export type Grant = {
    /**
     * Chosen by the caller. The same id again is the same request, and must have the same content.
     */
    request: string;
    /**
     * The operator's reason.
     */
    note: string;
    uid: string;
    team?: boolean;
    seconds: number;
};

/**
 * A page of the snapshots, newest first.
 */
export type History = {
    snapshots: Array<SnapshotView>;
    /**
     * Older snapshots exist if this is not null: ask for them with `after`.
     */
    next: number | null;
    /**
     * Left-out files that are kept, of the time of this page, newest first.
     */
    left_out: Array<LeftOutView>;
};

/**
 * When the member is warned and when the session is reclaimed, if nothing more happens in it.
 */
export type IdleView = {
    warned_from: number;
    ends: number;
};

/**
 * The team that the caller is in.
 */
export type InTeam = {
    /**
     * Whether `plan`, `allowance` and `storage` are the team's. If not, they are the caller's own.
     */
    pays: boolean;
};

/**
 * An invitation that was not accepted yet.
 */
export type InvitationView = {
    id: string;
    address: string;
    role: TeamRole;
    sent: number;
    expires: number;
    /**
     * Its link is not valid any more, and takes no seat. It can be sent again.
     */
    expired: boolean;
};

export type Invite = {
    address: string;
    /**
     * Any but `owner`: the ownership is offered to somebody who is in the team.
     */
    role?: TeamRole;
    /**
     * Of the mail that brings the invitation.
     */
    language?: 'en' | 'ko';
};

/**
 * The team with the invitation, and the link that accepts it.
 */
export type InviteAnswer = {
    team: TeamView;
    invitation: string;
    /**
     * Ondol stores only its hash, so it is shown once. It works for the address alone to which it was sent.
     */
    link: string;
    /**
     * Whether a mail with the link is on its way. If not, the owner passes it on.
     */
    mailed: boolean;
};

/**
 * A larger plan that was lost: what it had kept is not deleted yet.
 */
export type KeptView = {
    plan: PlanView;
    until: number;
};

/**
 * The language that the caller chose.
 */
export type Language = {
    /**
     * Ondol writes mails in it, and the page speaks it wherever the caller signs in.
     */
    locale: string;
};

/**
 * How the newest session that failed its member ended.
 */
export type LastError = {
    session: string;
    at: number;
    reason: EndReason;
};

/**
 * How the last session ended, and the time of its last checkpoint.
 */
export type LastSession = {
    reason: EndReason | null;
    ended: number | null;
    saved_at: number | null;
};

/**
 * What a container leaves out of its checkpoints, as it claims: shown to the member, and used for nothing else.
 */
export type LeftOut = {
    count: number;
    bytes: number;
    /**
     * The part of `bytes` that is not kept either, because there is no room.
     */
    lost_bytes: number;
    /**
     * The largest of the left-out files and folders.
     */
    entries: Array<LeftOutEntry>;
    /**
     * Without dependencies. No sum of `entries`, which are not all.
     */
    own: OwnLeftOut;
};

/**
 * Something in the home that no checkpoint has. `kept`: it is kept separately when the session ends.
 */
export type LeftOutEntry = {
    path: string;
    bytes: number;
    kind: LeftOutKind;
    kept: boolean;
};

/**
 * - `dependencies`: A folder that a tool can create again, such as node_modules.
 * - `folder`: A folder that is useless in part: a git repository, or a database of many files.
 */
export type LeftOutKind = 'dependencies' | 'file' | 'folder';

/**
 * Files that a session has left out of its snapshots, and that are kept.
 */
export type LeftOutView = {
    snapshot: string;
    at: number;
    expires: number;
    bytes: number;
    /**
     * Whether the plan's storage has room for all of them.
     */
    fits: boolean;
    left_out: LeftOut;
    inconsistent: Array<string>;
    /**
     * As those of a snapshot.
     */
    inconsistent_unnamed: number;
};

/**
 * What the operator can change.
 */
export type LeverView = {
    title: string;
    /**
     * By members.
     */
    noticed: string;
    /**
     * In the middle of the range; below 0 if it costs more.
     */
    saves: number;
};

/**
 * `operator/limits`. Without a document, the defaults are the limits.
 */
export type Limits = {
    /**
     * false closes new sessions for everybody. Open sessions go on.
     */
    new_sessions: boolean;
    /**
     * The most open sessions of all members together; null means as many as there are slots.
     */
    open_sessions: number | null;
    /**
     * The most sessions that one member may open within an hour, at most 240. Coming back to an open session does not count.
     */
    opens_an_hour: number;
};

/**
 * A line of the audit log.
 */
export type LineView = {
    request: string;
    at: number;
    /**
     * The operator's uid. For the actions `operator`, `auditor` and `operator-taken-back` the address of an administrator of the project, or `administrator`.
     */
    by: string;
    /**
     * The operator's address.
     */
    email: string | null;
    action: Action;
    /**
     * The uid of the account.
     */
    target: string | null;
    note: string;
    /**
     * The changed values before the change, by name.
     */
    before: {
        [key: string]: string | number | boolean | null;
    };
    /**
     * The changed values after the change, by name.
     */
    after: {
        [key: string]: string | number | boolean | null;
    };
};

/**
 * Values for a new account. An existing account keeps its own.
 */
export type Login = {
    /**
     * The browser's time zone, an IANA name. An unknown name counts as UTC.
     */
    time_zone?: string;
    /**
     * The language that the page speaks.
     */
    locale?: string;
};

/**
 * The member's account, plan and allowance, and the open session.
 */
export type LoginAnswer = {
    /**
     * The control plane's time.
     */
    now: number;
    account: AccountView;
    /**
     * null without one.
     */
    team: InTeam | null;
    plan: PlanView;
    /**
     * Of the caller's own plan, also while a team pays for the caller's work. null if the caller never bought anything.
     */
    paid_for: PaidForView | null;
    kept: KeptView | null;
    allowance: AllowanceView;
    storage: StorageView;
    session: SessionView | null;
    last: LastSession | null;
};

/**
 * An invitation.
 */
export type LookAnswer = {
    /**
     * The team's name.
     */
    team: string;
    /**
     * Whether the team's plan can be shared. If not, a seat can't be taken yet.
     */
    paid: boolean;
    role: TeamRole;
    /**
     * Who has sent it.
     */
    by: string | null;
    expires: number;
    /**
     * To whom it was sent; masked unless it is the caller.
     */
    address: string;
    /**
     * Whether it was sent to the address with which the caller has signed in. If not, it can't be accepted: sign in with the other address, or ask for an invitation to this one.
     */
    yours: boolean;
    /**
     * Whether the caller's address is verified. If not, no invitation can be accepted.
     */
    verified: boolean;
    /**
     * The name of another team that the caller is in. It has to be left first.
     */
    in_team: string | null;
    /**
     * What accepting does to the caller's work; null if the role takes no seat, or no seat can be taken yet.
     */
    effects: EffectsView | null;
};

/**
 * What the caller is told by mail, besides what is done with the account.
 */
export type MailsAnswer = {
    /**
     * That the plan's time is nearly used.
     */
    about_time: boolean;
};

/**
 * What becomes of mails. Nobody is shown their words: they are the members'.
 */
export type MailsView = {
    /**
     * Whether a mail server is set. Without one nothing is sent, also not later.
     */
    server: boolean;
    /**
     * Mails that are to be sent, or tried again.
     */
    waiting: number;
    /**
     * Mails that were given up or refused within the last week.
     */
    unsent: number;
};

export type MakeTeam = {
    name: string;
};

/**
 * The archive is being packed.
 */
export type Making = {
    snapshot: string;
};

export type Manage = {
    /**
     * A name in `for_sale`: the page then confirms the change of the subscription to this plan.
     */
    plan?: string | null;
    /**
     * What the caller's team pays for, instead of the caller alone.
     */
    team?: boolean;
    /**
     * Of the provider's page.
     */
    language?: 'en' | 'ko';
};

/**
 * A figure that operators are shown.
 * - `warm`: Warm slots that nobody has claimed.
 * - `recycling`: Slots that get a fresh container.
 * - `free`: Slots that may still be claimed or made, as a part of the most that may exist.
 * - `failed-incarnations`: Containers of free slots that failed one after another, at the slot where they are most.
 * - `misses`: Opens that found no warm slot, or none at all, as a part of all. A member who was refused counts once.
 * - `refused`: Members who found every slot in use.
 * - `errors`: Opens that came to nothing, as a part of all.
 * - `lost`: Sessions whose container was lost while a member worked, as a part of all.
 * - `hello-p95`: Seconds from the claim until the container said hello.
 * - `files-p95`: Seconds from the hello until the first files are on disk.
 * - `open-p95`: Seconds from the claim until the editor can be entered.
 * - `editor-p95`: Seconds from the claim until the browser's editor is connected.
 */
export type Measure = 'editor-p50' | 'editor-p95' | 'errors' | 'failed-incarnations' | 'files-p50' | 'files-p95' | 'free' | 'hello-p50' | 'hello-p95' | 'lost' | 'misses' | 'open-p50' | 'open-p95' | 'open-sessions' | 'quarantined' | 'recycling' | 'refused' | 'warm';

export type MemberRow = {
    uid: string;
    email: string | null;
    name: string | null;
    state: AccountState;
    created: number;
    /**
     * null if the member has no billing account.
     */
    plan: string | null;
    /**
     * What is left of the plan's time in this period; null without limit.
     */
    seconds_left: number | null;
    /**
     * When the workspace was opened last; null before the first time.
     */
    opened: number | null;
    /**
     * The open session.
     */
    session: string | null;
    /**
     * Bytes that are saved.
     */
    stored: number;
};

/**
 * The field by which the list of members is sorted.
 * - `email`: The address. Members without one are not among them.
 * - `created`: When the account was made.
 * - `opened`: When the workspace was opened last.
 * - `storage`: What is saved. Members who have saved nothing yet are not among them.
 */
export type MemberSort = 'created' | 'email' | 'opened' | 'storage';

export type MemberStorage = {
    uid: string;
    bytes: number;
};

/**
 * One person's part; the name is in `people`.
 */
export type MemberUse = {
    uid: string;
    seconds: number;
};

/**
 * A page of members.
 */
export type MembersView = {
    members: Array<MemberRow>;
    /**
     * More members follow if this is not null: ask for them with `after`.
     */
    next: string | null;
};

/**
 * What members pay now, by plan.
 */
export type MoneyView = {
    plans: Array<PlanMoney>;
    /**
     * What all plans bring a month.
     */
    cents: number;
    /**
     * How much of it ends, because its payers have cancelled.
     */
    ending_cents: number;
    /**
     * What payers whose payment is tried again would pay a month. It is no part of `cents`.
     */
    owed_cents: number;
    /**
     * Payers whose plan ended because a payment is missing.
     */
    unpaid: number;
    /**
     * Payers about whom the provider and Ondol disagree.
     */
    disagreeing: number;
    /**
     * Payers about whom the provider could not be asked for more than a day.
     */
    unasked: number;
};

export type MonthLineView = {
    /**
     * The line's name in the model.
     */
    line: string;
    korean: string;
    low: number;
    high: number;
    /**
     * To the end of the month, if the rest of it is as the days so far.
     */
    forecast_low: number;
    forecast_high: number;
};

export type Move = {
    /**
     * An IANA name.
     */
    time_zone: string;
};

/**
 * The new time zone.
 */
export type Moved = {
    time_zone: string;
    /**
     * When the time zone can be changed again; null if it can be changed now.
     */
    zone_holds_until: number | null;
};

export type OneInvitation = {
    invitation: string;
};

export type OnePerson = {
    uid: string;
};

/**
 * How Opens of the last hour went, by the newest of them.
 */
export type OpensView = {
    since: number;
    /**
     * How many the figures are made of, at most a hundred.
     */
    opens: number;
    figures: Array<Figure>;
};

/**
 * The caller's role, the limits, and the service now.
 */
export type Overview = {
    role: Role;
    limits: Limits;
    open_sessions: number;
    sessions: SessionCounts;
    pool: PoolNow;
    figures: Array<Figure>;
};

/**
 * Of what is left out, the member's own: all that no tool makes again.
 */
export type OwnLeftOut = {
    count: number;
    bytes: number;
    lost_bytes: number;
};

/**
 * A page of the payment provider's, to which the browser goes.
 */
export type PageAnswer = {
    url: string;
};

/**
 * How a plan is paid for.
 */
export type PaidForView = {
    /**
     * As it is now.
     */
    plan: PlanView;
    /**
     * Why the plan is as it is.
     */
    reason: Reason;
    /**
     * When the plan ends, unless something changes.
     */
    until: number | null;
    /**
     * Whether a subscription runs. It ends with the account.
     */
    subscribed: boolean;
};

export type PathKind = 'file' | 'folder' | 'hard-link' | 'symlink';

/**
 * Something in a folder of a snapshot. Of a folder, `bytes` and `files` are the sums of all that is below it.
 */
export type PathView = {
    name: string;
    kind: PathKind;
    bytes: number;
    files: number;
    /**
     * Whether it can be restored by its path: the name is valid UTF-8, and not too long.
     */
    exact: boolean;
};

export type PayerRow = {
    billing: string;
    /**
     * The owner of the billing account; of a team's who pays for it. Empty if nobody is left in the team.
     */
    uid: string;
    /**
     * The team's name; null for a person's account.
     */
    team: string | null;
    plan: string;
    reason: Reason;
    /**
     * When the plan ends, unless something changes.
     */
    until: number | null;
    /**
     * When the provider was last asked.
     */
    asked: number | null;
    /**
     * The customer's page at the provider, where money is given back; null without a customer.
     */
    customer_url: string | null;
    disagreement: DisagreementView | null;
};

/**
 * - `retrying`: A payment has failed, and is tried again.
 * - `unpaid`: The plan ended because a payment is missing.
 * - `disagreeing`: The payment provider and Ondol disagree.
 * - `unasked`: The payment provider could not be asked for more than a day.
 */
export type PayersOf = 'disagreeing' | 'retrying' | 'unasked' | 'unpaid';

/**
 * A page of payers.
 */
export type PayersView = {
    payers: Array<PayerRow>;
    /**
     * More payers follow if this is not null: ask for them with `after`.
     */
    next: string | null;
};

/**
 * What is paid for.
 */
export type PayingView = {
    /**
     * Why the plan is as it is.
     */
    reason: Reason;
    /**
     * When the plan ends, unless something changes.
     */
    until: number | null;
    /**
     * The plan that follows at the end of the period that is paid for; null if nothing changes.
     */
    following: PlanView | null;
    /**
     * Whether a subscription runs, which can be managed and changed, so that no second one is bought.
     */
    subscribed: boolean;
    /**
     * Whether the provider has a page for this member: cards, invoices, cancellation.
     */
    manageable: boolean;
    /**
     * The plan whose page was opened last and can be paid on still.
     */
    buying: PlanView | null;
};

/**
 * How a billing account is paid for, as the payment provider last said.
 */
export type PaymentDetails = {
    /**
     * Why the plan is as it is.
     */
    reason: Reason;
    /**
     * When the plan ends, unless something changes.
     */
    until: number | null;
    /**
     * A plan that an operator sets replaces them: they are cancelled at the provider, without a refund.
     */
    running: Array<RunningSubscription>;
    /**
     * The customer's page at the provider, where money is given back; null without a customer.
     */
    customer_url: string | null;
};

/**
 * What the same costs elsewhere.
 */
export type PeerView = {
    name: string;
    title: string;
    what: string;
    cost: Between;
    /**
     * How many times Ondol's costs that is.
     */
    times: Between;
};

/**
 * The current period, in seconds. `used` counts all members of the plan together.
 */
export type PeriodView = {
    id: string;
    starts: number;
    renews: number;
    /**
     * null means without limit.
     */
    granted: number | null;
    used: number;
    /**
     * null means without limit.
     */
    left: number | null;
};

/**
 * A person in the team.
 */
export type PersonView = {
    uid: string;
    name: string | null;
    email: string | null;
    role: TeamRole;
    /**
     * A role that an owner has offered, and that the person has not answered.
     */
    offered: TeamRole | null;
    joined: number;
    /**
     * Whether the person can open new sessions on the team's time. false without a seat, while the team is not paid for, and for those who joined last if the plan has fewer seats than people.
     */
    may_open: boolean;
};

/**
 * A plan in a month of thirty days that are all as the days so far were.
 */
export type PlanCostView = {
    plan: string;
    /**
     * Of the accounts that pay; null where that is not known: the price is by agreement, or the plan is no longer in the table.
     */
    revenue: number | null;
    /**
     * What the plan's members cause, and their share of what stands still.
     */
    low: number;
    high: number;
    /**
     * What is left of the revenue without fees, at worst; null where that is not known.
     */
    worst: number | null;
    best: number | null;
};

/**
 * What one plan brings.
 */
export type PlanMoney = {
    plan: PlanView;
    /**
     * Billing accounts with this plan, also those that are kept for the books of members who were erased.
     */
    accounts: number;
    /**
     * null if the plan is not sold each month.
     */
    price: number | null;
    /**
     * Payers whose subscription goes on.
     */
    paid: number;
    /**
     * Payers who have paid and cancelled.
     */
    ending: number;
    /**
     * Payers whose payment has failed, and is tried again.
     */
    retrying: number;
    /**
     * What those with `paid` and `ending` pay a month.
     */
    cents: number;
};

/**
 * In bytes.
 */
export type PlanStorageView = {
    used: number;
    /**
     * null means without limit.
     */
    limit: number | null;
};

export type PlanUseView = {
    seconds: number;
    /**
     * The part of `seconds` without a browser.
     */
    background_seconds: number;
    /**
     * null on a day that is not over.
     */
    members: number | null;
    sessions: number;
};

export type PlanView = {
    name: string;
    title: string;
};

/**
 * So many members with the same habits, and with as many warm slots as that needs.
 */
export type PointView = {
    members: number;
    warm: number;
    cost: Between;
    /**
     * A server for each, which stops after half an hour without use.
     */
    stopping: number;
};

/**
 * The slots by state, and how many are wanted.
 */
export type PoolNow = {
    cold: number;
    warming: number;
    warm: number;
    claimed: number;
    recycling: number;
    quarantined: number;
    wanted_warm: number;
    /**
     * Why so many are wanted.
     */
    reason: string;
    /**
     * How the number of warm slots is chosen; null if it is the same at all times.
     */
    policy: ({
        type: 'by-hour';
    } & ByHour) | ({
        type: 'adaptive';
    } & Adaptive) | null;
    /**
     * The Opens that an adaptive pool expects; null for any other.
     */
    opens_an_hour: number | null;
    /**
     * How many of them come at the same moment, in the mean.
     */
    burst: number | null;
    /**
     * The part of them that will find no warm slot.
     */
    missed: number | null;
    /**
     * The next first, without those that are over.
     */
    announced: Array<AnnouncementView>;
    /**
     * How many may exist.
     */
    most: number;
    /**
     * The numbers that are wanted are an operator's, and not those of the settings.
     */
    set_by_operator: boolean;
    /**
     * Sessions that were opened before this time are ended; null if nobody has drained all.
     */
    drained: number | null;
};

/**
 * A refusal (RFC 9457).
 */
export type ProblemAnswer = {
    /**
     * Ends with the problem's name, which never changes.
     */
    type: string;
    title: string;
    status: number;
    /**
     * What happened, and what to do next, for a person.
     */
    detail: string;
};

/**
 * The slot to take out of use.
 */
export type QuarantineSlot = {
    /**
     * Chosen by the caller. The same id again is the same request, and must have the same content.
     */
    request: string;
    /**
     * The operator's reason.
     */
    note: string;
    slot: string;
};

/**
 * The archive's URL. Everybody who has the URL can download the archive.
 */
export type Ready = {
    snapshot: string;
    url: string;
    expires: number;
    /**
     * Files in it that were being written when they were saved, and may be damaged; at most twenty by name.
     */
    inconsistent: Array<string>;
    /**
     * How many more of such files there may be in it, at most.
     */
    inconsistent_unnamed: number;
};

/**
 * Why the plan is as it is.
 * - `ending`: Paid, and ends at `until`.
 * - `retrying`: A payment has failed. The plan is kept until `until`.
 */
export type Reason = 'by-hand' | 'ended' | 'ending' | 'nothing-bought' | 'paid' | 'paused' | 'retrying' | 'unpaid';

/**
 * The slot that gets a fresh container.
 */
export type RecycleSlot = {
    /**
     * Chosen by the caller. The same id again is the same request, and must have the same content.
     */
    request: string;
    /**
     * The operator's reason.
     */
    note: string;
    slot: string;
};

export type Release = {
    session: string;
};

/**
 * The session's end has begun, or the session has ended.
 */
export type ReleaseAnswer = {
    session: string;
    state: SessionState;
};

export type RenameTeam = {
    name: string;
};

export type Reply = {
    accept: boolean;
};

/**
 * The snapshot to go back to.
 */
export type Restore = {
    snapshot: string;
    /**
     * Relative to the home, without . and ..; null restores everything.
     */
    path?: string | null;
};

/**
 * The snapshot that the workspace opens with from now on.
 */
export type Restored = {
    snapshot: string;
    at: number;
    /**
     * What was restored of the files that may be damaged; at most twenty by name.
     */
    inconsistent: Array<string>;
    /**
     * How many more of such files were restored, at most.
     */
    inconsistent_unnamed: number;
};

/**
 * The account to resume; or, by `email`, the address of an account that was erased while it was suspended.
 */
export type Resume = {
    /**
     * Chosen by the caller. The same id again is the same request, and must have the same content.
     */
    request: string;
    /**
     * The operator's reason.
     */
    note: string;
    uid?: string | null;
    email?: string | null;
};

/**
 * - `operator`: May read and change everything below /admin.
 * - `auditor`: May only read it.
 */
export type Role = 'auditor' | 'operator';

export type RunningSubscription = {
    /**
     * The provider's id.
     */
    subscription: string;
    plan: string;
};

export type SessionCounts = {
    opening: number;
    active: number;
    draining: number;
};

/**
 * One session: how it opened, what was decided about it, and how it ended.
 */
export type SessionDetails = {
    session: SessionRow;
    /**
     * When its newest heartbeat was accepted.
     */
    seen: number;
    connected: boolean;
    /**
     * When it is looked at next; null once it has ended.
     */
    due: number | null;
    /**
     * When the allowance ends if the session stays in use; null without limit.
     */
    deadline: number | null;
    /**
     * When the newest snapshot was made.
     */
    saved: number | null;
    /**
     * The last checkpoint is committed.
     */
    final: boolean;
    /**
     * Seconds from the claim until the container said hello.
     */
    hello: number | null;
    /**
     * Until the editor could be entered.
     */
    served: number | null;
    /**
     * Until the browser's editor was connected.
     */
    entered: number | null;
    /**
     * When its end began.
     */
    draining: number | null;
    /**
     * Newest first.
     */
    decisions: Array<DecisionView>;
};

export type SessionRow = {
    session: string;
    uid: string;
    slot: string;
    state: SessionState;
    plan: string;
    opened: number;
    ended: number | null;
    reason: EndReason | null;
    /**
     * What was charged.
     */
    seconds: number;
    /**
     * The slot had no warm container.
     */
    cold: boolean;
};

export type SessionState = 'active' | 'draining' | 'ended' | 'opening';

/**
 * What a session used in the month.
 */
export type SessionUseView = {
    session: string;
    opened: number;
    ended: number | null;
    seconds: number;
    background_seconds: number;
    /**
     * Some of the time is in no ledger line yet.
     */
    pending: boolean;
    plan: string;
    reason: EndReason | null;
    /**
     * Why the session ended, in words.
     */
    decision: string | null;
    /**
     * For how long nothing had happened when the session ended idle.
     */
    idle_seconds: number | null;
};

/**
 * The open session.
 */
export type SessionView = {
    session: string;
    state: SessionState;
    slot_origin: string;
    opened: number;
    saved_at: number | null;
    /**
     * When the plan's time ends if the session stays in use; null without limit, or while nobody uses the session.
     */
    deadline: number | null;
    /**
     * When the background hold ends at the latest; null if there is no hold.
     */
    background: number | null;
    /**
     * null while no browser has the editor open.
     */
    idle: IdleView | null;
    /**
     * null unless the session waits for its container to start.
     */
    start: StartView | null;
};

/**
 * A page of sessions.
 */
export type SessionsView = {
    sessions: Array<SessionRow>;
    /**
     * More sessions follow if this is not null: ask for them with `after`.
     */
    next: string | null;
};

/**
 * Limits that are not given stay as they are. At least one must be given.
 */
export type SetLimits = {
    /**
     * Chosen by the caller. The same id again is the same request, and must have the same content.
     */
    request: string;
    /**
     * The operator's reason.
     */
    note: string;
    /**
     * false closes new sessions for everybody.
     */
    new_sessions?: boolean;
    /**
     * The most open sessions at once; null is without limit.
     */
    open_sessions?: number | null;
    /**
     * The most sessions that one member may open within an hour.
     */
    opens_an_hour?: number;
};

/**
 * The plan that an account is to have.
 */
export type SetPlan = {
    /**
     * Chosen by the caller. The same id again is the same request, and must have the same content.
     */
    request: string;
    /**
     * The operator's reason.
     */
    note: string;
    uid: string;
    team?: boolean;
    plan: 'free' | 'starter' | 'pro' | 'team' | 'enterprise';
};

/**
 * What is not given stays as it is. At least one must be given, and not both `warm` and `policy`.
 */
export type SetPool = {
    /**
     * Chosen by the caller. The same id again is the same request, and must have the same content.
     */
    request: string;
    /**
     * The operator's reason.
     */
    note: string;
    /**
     * How many slots to keep warm at all times, in place of any other policy; null for the setting POOL_WARM.
     */
    warm?: number | null;
    /**
     * The most slots; null for the setting POOL_MAX.
     */
    max?: number | null;
    /**
     * How to choose the number of warm slots; null for the same number at all times.
     */
    policy?: ({
        type: 'by-hour';
    } & ByHour) | ({
        type: 'adaptive';
    } & Adaptive) | null;
};

/**
 * Where to sign out.
 */
export type SignOut = {
    /**
     * The id that the page made at the sign-in.
     */
    browser?: string | null;
    /**
     * Ends the sign-ins in all browsers.
     */
    everywhere?: boolean;
};

/**
 * One slot, and what was done with it and why, newest first.
 */
export type SlotDetails = {
    slot: SlotRow;
    history: Array<SlotEventView>;
};

export type SlotEventView = {
    at: number;
    verb: string;
    /**
     * The slot's state afterwards.
     */
    state: SlotState;
    reason: string;
};

export type SlotRow = {
    slot: string;
    state: SlotState;
    changed: number;
    session: string | null;
    image: string;
    incarnation: number;
    /**
     * How many sessions were given this slot.
     */
    sessions: number;
    /**
     * Incarnations that failed since the last one that became ready.
     */
    attempts: number;
    unanswered: number;
    /**
     * It is taken out of use when its session has ended.
     */
    quarantine: boolean;
};

/**
 * - `quarantined`: An operator has taken it out of use. Its container is left as it is, until an operator recycles the slot.
 */
export type SlotState = 'claimed' | 'cold' | 'quarantined' | 'recycling' | 'warm' | 'warming';

/**
 * A page of slots by name.
 */
export type SlotsView = {
    slots: Array<SlotRow>;
    /**
     * More slots follow if this is not null: ask for them with `after`.
     */
    next: string | null;
};

export type SnapshotView = {
    snapshot: string;
    at: number;
    bytes: number;
    files: number;
    current: boolean;
    /**
     * A session ended with this snapshot, by a clean stop.
     */
    final: boolean;
    /**
     * The path that this snapshot restored.
     */
    returned: string | null;
    /**
     * How many of the member's files changed since the previous snapshot, and a few of them; null if unknown.
     */
    changes: Changes | null;
    /**
     * Files that were being written when they were saved, and may be damaged; at most twenty by name.
     */
    inconsistent: Array<string>;
    /**
     * How many more of such files there may be, at most.
     */
    inconsistent_unnamed: number;
};

/**
 * How long containers took lately from the claim until they ran. null if too few were measured.
 */
export type StartView = {
    /**
     * Half of them took at most this long.
     */
    usually: number | null;
    /**
     * All but one in twenty took at most this long.
     */
    mostly: number | null;
};

/**
 * - `over`: Over the plan's limit but within the grace: the checkpoint is saved, and the member is warned.
 */
export type StorageState = 'ok' | 'over';

/**
 * What the newest checkpoint takes of the plan, in bytes.
 */
export type StorageView = {
    state: StorageState;
    used: number;
    /**
     * null means without limit.
     */
    limit: number | null;
    /**
     * Bytes to delete before everything is saved.
     */
    over: number;
    /**
     * The largest folders and files of the home.
     */
    largest: Array<Folder>;
    /**
     * The title of the smallest plan that has room for everything, if this plan has not.
     */
    lifted_by: string | null;
    /**
     * Files of the home that no checkpoint has. Of a workspace without an open session: as of the session's end.
     */
    left_out: LeftOut | null;
    /**
     * Bytes of left-out files that are kept.
     */
    apart: number;
    /**
     * Bytes that the session that ended last has left out, and that could not be kept.
     */
    not_kept: number;
};

/**
 * The account to suspend, the reason, and what the member is told.
 */
export type Suspend = {
    /**
     * Chosen by the caller. The same id again is the same request, and must have the same content.
     */
    request: string;
    /**
     * The operator's reason.
     */
    note: string;
    uid: string;
    reason?: SuspendedFor;
    notice?: SuspensionNotice | null;
};

/**
 * Why an account is suspended. A member whose payment is missing can still download their files.
 */
export type SuspendedFor = 'abuse' | 'payment';

/**
 * What a suspended member is told, in the operator's own words.
 */
export type SuspensionNotice = {
    /**
     * Why the account is suspended, and what the member can do.
     */
    message: string | null;
    /**
     * An address or a page of the operator's for this suspension. If it is null, the page shows its link `help`.
     */
    contact: string | null;
};

/**
 * What a suspended member is told.
 */
export type SuspensionView = {
    reason: SuspendedFor;
    notice: SuspensionNotice | null;
    /**
     * Whether the history can be seen and files downloaded.
     */
    may_download: boolean;
};

/**
 * The announcement that is taken back.
 */
export type TakeBack = {
    /**
     * Chosen by the caller. The same id again is the same request, and must have the same content.
     */
    request: string;
    /**
     * The operator's reason.
     */
    note: string;
    announcement: string;
};

/**
 * The caller's team; null without one.
 */
export type TeamAnswer = {
    team: TeamView | null;
};

/**
 * The team that the person is in.
 */
export type TeamDetails = {
    name: string;
    plan: string;
    allowance: AccountAllowance;
    /**
     * null if nobody has begun to pay.
     */
    payments: PaymentDetails | null;
};

/**
 * - `owner`: Manages the team, pays for it, and works on its time.
 * - `member`: Works on the team's time.
 * - `paying-member`: Works on the team's time, and pays for it.
 * - `billing`: Pays for the team. Takes no seat, and works on the own account.
 */
export type TeamRole = 'billing' | 'member' | 'owner' | 'paying-member';

/**
 * What the team's workspaces take together, in bytes. Nobody sees another person's file names.
 */
export type TeamStorage = {
    used: number;
    /**
     * null means without limit.
     */
    limit: number | null;
    /**
     * The most first.
     */
    people: Array<MemberStorage>;
};

/**
 * Used time of the team's current period, in seconds.
 */
export type TeamUsage = {
    period: string;
    /**
     * null means without limit.
     */
    granted: number | null;
    used: number;
    /**
     * The most first.
     */
    people: Array<MemberUse>;
    /**
     * Used by people who have left the team, and by each session since its last line of the ledger.
     */
    rest: number;
};

export type TeamView = {
    name: string;
    plan: PlanView;
    /**
     * Whether the team's plan can be shared. If not, each person works on the own account.
     */
    paid: boolean;
    /**
     * How many people can work in the team; before it is paid for, how many can be invited. null means without limit.
     */
    seats: number | null;
    /**
     * Seats that are taken by people, offers and open invitations.
     */
    taken: number;
    you: PersonView;
    /**
     * Whether the caller is an owner, who alone changes the team and sees its invitations.
     */
    manages: boolean;
    /**
     * How the plan is paid for; null if nothing was ever bought, and for whoever can't pay.
     */
    paid_for: PaidForView | null;
    /**
     * Whether the caller can buy and manage the team's plan (`billing` with `team`).
     */
    may_pay: boolean;
    /**
     * The longest first.
     */
    people: Array<PersonView>;
    /**
     * null for anybody but owners.
     */
    invitations: Array<InvitationView>;
    /**
     * How many can still be sent today; 0 for anybody but owners.
     */
    invitations_left: number;
};

/**
 * What the caller wants to be told by mail.
 */
export type Tell = {
    /**
     * That the plan's time is nearly used.
     */
    about_time: boolean;
};

/**
 * What is left of the plan, and what was used in the month, newest first.
 */
export type UsageAnswer = {
    plan: PlanView;
    time_zone: string;
    /**
     * When the time zone can be changed again; null if it can be changed now.
     */
    zone_holds_until: number | null;
    current: PeriodView;
    storage: PlanStorageView;
    month: string;
    periods: Array<UsedView>;
    days: Array<UsedView>;
    sessions: Array<SessionUseView>;
    /**
     * More of the month exists if this is not null: ask for it with `after`, and add the figures.
     */
    next: string | null;
};

/**
 * What was used in one period or on one day.
 */
export type UsedView = {
    /**
     * A date or a month.
     */
    id: string;
    seconds: number;
    /**
     * The part of `seconds` without a browser.
     */
    background_seconds: number;
    /**
     * How many sessions used time in it.
     */
    sessions: number;
};

export type Verdict = 'keep' | 'reclaim' | 'warn';

export type WithToken = {
    /**
     * What the link has behind its `#`.
     */
    token: string;
};

/**
 * Answer a spreadsheet. `name` is its file name, of characters that need no quoting.
 */
export type XlsxDownload = {
    content: string;
    name: string;
};

export type LoginData = {
    body?: Login;
    path?: never;
    query?: never;
    url: '/login';
};

export type LoginErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type LoginError = LoginErrors[keyof LoginErrors];

export type LoginResponses = {
    /**
     * The member's account, plan and allowance, and the open session.
     */
    200: LoginAnswer;
};

export type LoginResponse = LoginResponses[keyof LoginResponses];

export type AccountDeleteData = {
    body?: Delete;
    path?: never;
    query?: never;
    url: '/account/delete';
};

export type AccountDeleteErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `sign-in-again`: A new sign-in is needed for this; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/sign-in-again' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `last-owner`: A team needs an owner
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/last-owner';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AccountDeleteError = AccountDeleteErrors[keyof AccountDeleteErrors];

export type AccountDeleteResponses = {
    /**
     * The request was carried out.
     */
    200: AccountAnswer;
};

export type AccountDeleteResponse = AccountDeleteResponses[keyof AccountDeleteResponses];

export type AccountLanguageData = {
    body: Language;
    path?: never;
    query?: never;
    url: '/account/language';
};

export type AccountLanguageErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AccountLanguageError = AccountLanguageErrors[keyof AccountLanguageErrors];

export type AccountLanguageResponses = {
    /**
     * The request was carried out.
     */
    200: AccountAnswer;
};

export type AccountLanguageResponse = AccountLanguageResponses[keyof AccountLanguageResponses];

export type AccountMailsData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/account/mails';
};

export type AccountMailsErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AccountMailsError = AccountMailsErrors[keyof AccountMailsErrors];

export type AccountMailsResponses = {
    /**
     * What the caller is told by mail, besides what is done with the account.
     */
    200: MailsAnswer;
};

export type AccountMailsResponse = AccountMailsResponses[keyof AccountMailsResponses];

export type AccountSignOutData = {
    body?: SignOut;
    path?: never;
    query?: never;
    url: '/account/sign-out';
};

export type AccountSignOutErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AccountSignOutError = AccountSignOutErrors[keyof AccountSignOutErrors];

export type AccountSignOutResponses = {
    /**
     * The request was carried out.
     */
    200: AccountAnswer;
};

export type AccountSignOutResponse = AccountSignOutResponses[keyof AccountSignOutResponses];

export type AccountTellData = {
    body: Tell;
    path?: never;
    query?: never;
    url: '/account/tell';
};

export type AccountTellErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AccountTellError = AccountTellErrors[keyof AccountTellErrors];

export type AccountTellResponses = {
    /**
     * What the caller is told by mail, besides what is done with the account.
     */
    200: MailsAnswer;
};

export type AccountTellResponse = AccountTellResponses[keyof AccountTellResponses];

export type AllocateData = {
    body?: Allocate;
    path?: never;
    query?: never;
    url: '/allocate';
};

export type AllocateErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `allowance-exhausted`: The plan's time is used up; `email-unverified`: The email address is not verified; `no-seat`: The team's plan has no seat for you
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/allowance-exhausted' | 'https://ondol.dev/problems/email-unverified' | 'https://ondol.dev/problems/no-seat';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests; `too-many-opens`: Too many sessions opened
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests' | 'https://ondol.dev/problems/too-many-opens';
    };
    /**
     * `state-broken`: The last checkpoint can't be restored
     */
    500: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/state-broken';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once; `session-draining`: The last session is still being saved; `pool-exhausted`: Every slot is in use; `sessions-closed`: New sessions are closed; `sessions-full`: The limit of open sessions is reached; `slot-unreachable`: The slot does not answer
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy' | 'https://ondol.dev/problems/session-draining' | 'https://ondol.dev/problems/pool-exhausted' | 'https://ondol.dev/problems/sessions-closed' | 'https://ondol.dev/problems/sessions-full' | 'https://ondol.dev/problems/slot-unreachable';
    };
};

export type AllocateError = AllocateErrors[keyof AllocateErrors];

export type AllocateResponses = {
    /**
     * The open session. A container serves it.
     */
    200: AllocateAnswer;
};

export type AllocateResponse = AllocateResponses[keyof AllocateResponses];

export type ReleaseData = {
    body: Release;
    path?: never;
    query?: never;
    url: '/release';
};

export type ReleaseErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `session-elsewhere`: This session is not open
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/session-elsewhere';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type ReleaseError = ReleaseErrors[keyof ReleaseErrors];

export type ReleaseResponses = {
    /**
     * The session's end has begun, or the session has ended.
     */
    202: ReleaseAnswer;
};

export type ReleaseResponse = ReleaseResponses[keyof ReleaseResponses];

export type SnapshotsData = {
    body?: never;
    path?: never;
    query?: {
        /**
         * The `next` of the previous page.
         */
        after?: number;
    };
    url: '/snapshots';
};

export type SnapshotsErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type SnapshotsError = SnapshotsErrors[keyof SnapshotsErrors];

export type SnapshotsResponses = {
    /**
     * A page of the snapshots, newest first.
     */
    200: History;
};

export type SnapshotsResponse = SnapshotsResponses[keyof SnapshotsResponses];

export type SnapshotsFilesData = {
    body?: never;
    path?: never;
    query: {
        snapshot: string;
        /**
         * Relative to the home, without . and ..; empty for the home itself.
         */
        folder?: string;
        /**
         * The `next` of the previous page.
         */
        after?: string;
    };
    url: '/snapshots/files';
};

export type SnapshotsFilesErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `state-broken`: The last checkpoint can't be restored
     */
    422: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/state-broken';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type SnapshotsFilesError = SnapshotsFilesErrors[keyof SnapshotsFilesErrors];

export type SnapshotsFilesResponses = {
    /**
     * A page of a folder, sorted by name.
     */
    200: FolderView;
};

export type SnapshotsFilesResponse = SnapshotsFilesResponses[keyof SnapshotsFilesResponses];

export type SnapshotsRestoreData = {
    body: Restore;
    path?: never;
    query?: never;
    url: '/snapshots/restore';
};

export type SnapshotsRestoreErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `session-open`: The workspace is open; `storage-full`: The plan's storage is full; `several-alike`: Several paths have this name; `in-the-way`: A file stands where a folder is needed
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/session-open' | 'https://ondol.dev/problems/storage-full' | 'https://ondol.dev/problems/several-alike' | 'https://ondol.dev/problems/in-the-way';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-large`: This is too large; `state-broken`: The last checkpoint can't be restored
     */
    422: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-large' | 'https://ondol.dev/problems/state-broken';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type SnapshotsRestoreError = SnapshotsRestoreErrors[keyof SnapshotsRestoreErrors];

export type SnapshotsRestoreResponses = {
    /**
     * The snapshot that the workspace opens with from now on.
     */
    200: Restored;
};

export type SnapshotsRestoreResponse = SnapshotsRestoreResponses[keyof SnapshotsRestoreResponses];

export type SnapshotsDownloadData = {
    body?: Download;
    path?: never;
    query?: never;
    url: '/snapshots/download';
};

export type SnapshotsDownloadErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `state-broken`: The last checkpoint can't be restored
     */
    422: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/state-broken';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type SnapshotsDownloadError = SnapshotsDownloadErrors[keyof SnapshotsDownloadErrors];

export type SnapshotsDownloadResponses = {
    /**
     * The archive's URL. Everybody who has the URL can download the archive.
     */
    200: Ready;
    /**
     * The archive is being packed.
     */
    202: Making;
};

export type SnapshotsDownloadResponse = SnapshotsDownloadResponses[keyof SnapshotsDownloadResponses];

export type SnapshotsDiscardData = {
    body: Discard;
    path?: never;
    query?: never;
    url: '/snapshots/discard';
};

export type SnapshotsDiscardErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type SnapshotsDiscardError = SnapshotsDiscardErrors[keyof SnapshotsDiscardErrors];

export type SnapshotsDiscardResponses = {
    /**
     * The left-out files are deleted.
     */
    200: Discarded;
};

export type SnapshotsDiscardResponse = SnapshotsDiscardResponses[keyof SnapshotsDiscardResponses];

export type AdminData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/admin';
};

export type AdminErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminError = AdminErrors[keyof AdminErrors];

export type AdminResponses = {
    /**
     * The caller's role, the limits, and the service now.
     */
    200: Overview;
};

export type AdminResponse = AdminResponses[keyof AdminResponses];

export type AdminOpensData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/admin/opens';
};

export type AdminOpensErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminOpensError = AdminOpensErrors[keyof AdminOpensErrors];

export type AdminOpensResponses = {
    /**
     * How Opens of the last hour went, by the newest of them.
     */
    200: OpensView;
};

export type AdminOpensResponse = AdminOpensResponses[keyof AdminOpensResponses];

export type AdminMailsData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/admin/mails';
};

export type AdminMailsErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminMailsError = AdminMailsErrors[keyof AdminMailsErrors];

export type AdminMailsResponses = {
    /**
     * What becomes of mails. Nobody is shown their words: they are the members'.
     */
    200: MailsView;
};

export type AdminMailsResponse = AdminMailsResponses[keyof AdminMailsResponses];

export type AdminSlotsData = {
    body?: never;
    path?: never;
    query?: {
        /**
         * Only slots in this state.
         */
        state?: SlotState;
        /**
         * The `next` of the previous page.
         */
        after?: string;
        limit?: number;
    };
    url: '/admin/slots';
};

export type AdminSlotsErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminSlotsError = AdminSlotsErrors[keyof AdminSlotsErrors];

export type AdminSlotsResponses = {
    /**
     * A page of slots by name.
     */
    200: SlotsView;
};

export type AdminSlotsResponse = AdminSlotsResponses[keyof AdminSlotsResponses];

export type AdminSlotData = {
    body?: never;
    path?: never;
    query: {
        slot: string;
    };
    url: '/admin/slot';
};

export type AdminSlotErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminSlotError = AdminSlotErrors[keyof AdminSlotErrors];

export type AdminSlotResponses = {
    /**
     * One slot, and what was done with it and why, newest first.
     */
    200: SlotDetails;
};

export type AdminSlotResponse = AdminSlotResponses[keyof AdminSlotResponses];

export type AdminSessionsData = {
    body?: never;
    path?: never;
    query?: {
        uid?: string;
        /**
         * The `next` of the previous page.
         */
        after?: string;
        limit?: number;
    };
    url: '/admin/sessions';
};

export type AdminSessionsErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminSessionsError = AdminSessionsErrors[keyof AdminSessionsErrors];

export type AdminSessionsResponses = {
    /**
     * A page of sessions.
     */
    200: SessionsView;
};

export type AdminSessionsResponse = AdminSessionsResponses[keyof AdminSessionsResponses];

export type AdminSessionData = {
    body?: never;
    path?: never;
    query: {
        session: string;
    };
    url: '/admin/session';
};

export type AdminSessionErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminSessionError = AdminSessionErrors[keyof AdminSessionErrors];

export type AdminSessionResponses = {
    /**
     * One session: how it opened, what was decided about it, and how it ended.
     */
    200: SessionDetails;
};

export type AdminSessionResponse = AdminSessionResponses[keyof AdminSessionResponses];

export type AdminMembersData = {
    body?: never;
    path?: never;
    query?: {
        sort?: MemberSort;
        descending?: boolean;
        /**
         * Only addresses that begin with this, in the order of addresses.
         */
        email?: string;
        /**
         * The `next` of the previous page.
         */
        after?: string;
        limit?: number;
    };
    url: '/admin/members';
};

export type AdminMembersErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminMembersError = AdminMembersErrors[keyof AdminMembersErrors];

export type AdminMembersResponses = {
    /**
     * A page of members.
     */
    200: MembersView;
};

export type AdminMembersResponse = AdminMembersResponses[keyof AdminMembersResponses];

export type AdminMoneyData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/admin/money';
};

export type AdminMoneyErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminMoneyError = AdminMoneyErrors[keyof AdminMoneyErrors];

export type AdminMoneyResponses = {
    /**
     * What members pay now, by plan.
     */
    200: MoneyView;
};

export type AdminMoneyResponse = AdminMoneyResponses[keyof AdminMoneyResponses];

export type AdminPayersData = {
    body?: never;
    path?: never;
    query: {
        of: PayersOf;
        /**
         * The `next` of the previous page.
         */
        after?: string;
        limit?: number;
    };
    url: '/admin/payers';
};

export type AdminPayersErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminPayersError = AdminPayersErrors[keyof AdminPayersErrors];

export type AdminPayersResponses = {
    /**
     * A page of payers.
     */
    200: PayersView;
};

export type AdminPayersResponse = AdminPayersResponses[keyof AdminPayersResponses];

export type AdminPlanData = {
    body: SetPlan;
    path?: never;
    query?: never;
    url: '/admin/plan';
};

export type AdminPlanErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `account-closed`: This account is closed; `request-reused`: This request id was used for a different request
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/request-reused';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminPlanError = AdminPlanErrors[keyof AdminPlanErrors];

export type AdminPlanResponses = {
    /**
     * A line of the audit log.
     */
    200: LineView;
};

export type AdminPlanResponse = AdminPlanResponses[keyof AdminPlanResponses];

export type AdminGrantData = {
    body: Grant;
    path?: never;
    query?: never;
    url: '/admin/grant';
};

export type AdminGrantErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `account-closed`: This account is closed; `request-reused`: This request id was used for a different request
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/request-reused';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `no-limit`: This plan has no limit
     */
    422: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-limit';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminGrantError = AdminGrantErrors[keyof AdminGrantErrors];

export type AdminGrantResponses = {
    /**
     * A line of the audit log.
     */
    200: LineView;
};

export type AdminGrantResponse = AdminGrantResponses[keyof AdminGrantResponses];

export type AdminSuspendData = {
    body: Suspend;
    path?: never;
    query?: never;
    url: '/admin/suspend';
};

export type AdminSuspendErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `account-closed`: This account is closed; `request-reused`: This request id was used for a different request
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/request-reused';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminSuspendError = AdminSuspendErrors[keyof AdminSuspendErrors];

export type AdminSuspendResponses = {
    /**
     * A line of the audit log.
     */
    200: LineView;
};

export type AdminSuspendResponse = AdminSuspendResponses[keyof AdminSuspendResponses];

export type AdminResumeData = {
    body: Resume;
    path?: never;
    query?: never;
    url: '/admin/resume';
};

export type AdminResumeErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `account-closed`: This account is closed; `request-reused`: This request id was used for a different request
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/request-reused';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminResumeError = AdminResumeErrors[keyof AdminResumeErrors];

export type AdminResumeResponses = {
    /**
     * A line of the audit log.
     */
    200: LineView;
};

export type AdminResumeResponse = AdminResumeResponses[keyof AdminResumeResponses];

export type AdminLimitsData = {
    body: SetLimits;
    path?: never;
    query?: never;
    url: '/admin/limits';
};

export type AdminLimitsErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `request-reused`: This request id was used for a different request
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/request-reused';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminLimitsError = AdminLimitsErrors[keyof AdminLimitsErrors];

export type AdminLimitsResponses = {
    /**
     * A line of the audit log.
     */
    200: LineView;
};

export type AdminLimitsResponse = AdminLimitsResponses[keyof AdminLimitsResponses];

export type AdminEndData = {
    body: EndSession;
    path?: never;
    query?: never;
    url: '/admin/end';
};

export type AdminEndErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `account-closed`: This account is closed; `request-reused`: This request id was used for a different request
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/request-reused';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminEndError = AdminEndErrors[keyof AdminEndErrors];

export type AdminEndResponses = {
    /**
     * A line of the audit log.
     */
    200: LineView;
};

export type AdminEndResponse = AdminEndResponses[keyof AdminEndResponses];

export type AdminDownloadData = {
    body: DownloadHome;
    path?: never;
    query?: never;
    url: '/admin/download';
};

export type AdminDownloadErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `account-closed`: This account is closed; `request-reused`: This request id was used for a different request
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/request-reused';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `state-broken`: The last checkpoint can't be restored
     */
    422: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/state-broken';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminDownloadError = AdminDownloadErrors[keyof AdminDownloadErrors];

export type AdminDownloadResponses = {
    /**
     * The archive's URL. Everybody who has the URL can download the archive.
     */
    200: Ready;
    /**
     * The archive is being packed.
     */
    202: Making;
};

export type AdminDownloadResponse = AdminDownloadResponses[keyof AdminDownloadResponses];

export type AdminPoolData = {
    body: SetPool;
    path?: never;
    query?: never;
    url: '/admin/pool';
};

export type AdminPoolErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `request-reused`: This request id was used for a different request
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/request-reused';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminPoolError = AdminPoolErrors[keyof AdminPoolErrors];

export type AdminPoolResponses = {
    /**
     * A line of the audit log.
     */
    200: LineView;
};

export type AdminPoolResponse = AdminPoolResponses[keyof AdminPoolResponses];

export type AdminAnnounceData = {
    body: Announce;
    path?: never;
    query?: never;
    url: '/admin/announce';
};

export type AdminAnnounceErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `request-reused`: This request id was used for a different request
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/request-reused';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminAnnounceError = AdminAnnounceErrors[keyof AdminAnnounceErrors];

export type AdminAnnounceResponses = {
    /**
     * A line of the audit log.
     */
    200: LineView;
};

export type AdminAnnounceResponse = AdminAnnounceResponses[keyof AdminAnnounceResponses];

export type AdminTakeBackData = {
    body: TakeBack;
    path?: never;
    query?: never;
    url: '/admin/take-back';
};

export type AdminTakeBackErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `request-reused`: This request id was used for a different request
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/request-reused';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminTakeBackError = AdminTakeBackErrors[keyof AdminTakeBackErrors];

export type AdminTakeBackResponses = {
    /**
     * A line of the audit log.
     */
    200: LineView;
};

export type AdminTakeBackResponse = AdminTakeBackResponses[keyof AdminTakeBackResponses];

export type AdminDrainData = {
    body: Drain;
    path?: never;
    query?: never;
    url: '/admin/drain';
};

export type AdminDrainErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `request-reused`: This request id was used for a different request
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/request-reused';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminDrainError = AdminDrainErrors[keyof AdminDrainErrors];

export type AdminDrainResponses = {
    /**
     * A line of the audit log.
     */
    200: LineView;
};

export type AdminDrainResponse = AdminDrainResponses[keyof AdminDrainResponses];

export type AdminRecycleData = {
    body: RecycleSlot;
    path?: never;
    query?: never;
    url: '/admin/recycle';
};

export type AdminRecycleErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `request-reused`: This request id was used for a different request
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/request-reused';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminRecycleError = AdminRecycleErrors[keyof AdminRecycleErrors];

export type AdminRecycleResponses = {
    /**
     * A line of the audit log.
     */
    200: LineView;
};

export type AdminRecycleResponse = AdminRecycleResponses[keyof AdminRecycleResponses];

export type AdminQuarantineData = {
    body: QuarantineSlot;
    path?: never;
    query?: never;
    url: '/admin/quarantine';
};

export type AdminQuarantineErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `request-reused`: This request id was used for a different request
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/request-reused';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminQuarantineError = AdminQuarantineErrors[keyof AdminQuarantineErrors];

export type AdminQuarantineResponses = {
    /**
     * A line of the audit log.
     */
    200: LineView;
};

export type AdminQuarantineResponse = AdminQuarantineResponses[keyof AdminQuarantineResponses];

export type AdminAccountData = {
    body?: never;
    path?: never;
    query?: {
        uid?: string;
        email?: string;
    };
    url: '/admin/account';
};

export type AdminAccountErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `account-closed`: This account is closed
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminAccountError = AdminAccountErrors[keyof AdminAccountErrors];

export type AdminAccountResponses = {
    /**
     * One account, as operators see it.
     */
    200: AccountDetails;
};

export type AdminAccountResponse = AdminAccountResponses[keyof AdminAccountResponses];

export type AdminAuditData = {
    body?: never;
    path?: never;
    query?: {
        /**
         * Only what was done to this account.
         */
        target?: string;
        /**
         * The request id of the last line of the previous page.
         */
        before?: string;
        limit?: number;
    };
    url: '/admin/audit';
};

export type AdminAuditErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminAuditError = AdminAuditErrors[keyof AdminAuditErrors];

export type AdminAuditResponses = {
    /**
     * Lines, newest first.
     */
    200: AuditView;
};

export type AdminAuditResponse = AdminAuditResponses[keyof AdminAuditResponses];

export type AdminUsageData = {
    body?: never;
    path?: never;
    query: {
        /**
         * Such as 2026-11.
         */
        month: string;
    };
    url: '/admin/usage';
};

export type AdminUsageErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminUsageError = AdminUsageErrors[keyof AdminUsageErrors];

export type AdminUsageResponses = {
    /**
     * The days of the month (UTC), oldest first; the last ones may not be over.
     */
    200: DaysView;
};

export type AdminUsageResponse = AdminUsageResponses[keyof AdminUsageResponses];

export type AdminCostsData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/admin/costs';
};

export type AdminCostsErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-found';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `prices-wrong`: The operator's file of prices can't be read
     */
    500: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/prices-wrong';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type AdminCostsError = AdminCostsErrors[keyof AdminCostsErrors];

export type AdminCostsResponses = {
    /**
     * The running month, by the model of costs. What no counter says is between the bounds.
     */
    200: CostsView;
};

export type AdminCostsResponse = AdminCostsResponses[keyof AdminCostsResponses];

export type UsageData = {
    body?: never;
    path?: never;
    query?: {
        /**
         * Such as 2026-11; the current month if this is not given.
         */
        month?: string;
        /**
         * The `next` of the previous page.
         */
        after?: string;
    };
    url: '/usage';
};

export type UsageErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type UsageError = UsageErrors[keyof UsageErrors];

export type UsageResponses = {
    /**
     * What is left of the plan, and what was used in the month, newest first.
     */
    200: UsageAnswer;
};

export type UsageResponse = UsageResponses[keyof UsageResponses];

export type UsageCsvData = {
    body?: never;
    path?: never;
    query?: {
        /**
         * Such as 2026-11; the current month if this is not given.
         */
        month?: string;
        /**
         * The `next` of the previous page.
         */
        after?: string;
    };
    url: '/usage/csv';
};

export type UsageCsvErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type UsageCsvError = UsageCsvErrors[keyof UsageCsvErrors];

export type UsageCsvResponses = {
    /**
     * Answer a file. `name` is its file name, of characters that need no quoting. `next`: the relative URL of the next part (RFC 8288).
     */
    200: string;
};

export type UsageCsvResponse = UsageCsvResponses[keyof UsageCsvResponses];

export type UsageZoneData = {
    body: Move;
    path?: never;
    query?: never;
    url: '/usage/zone';
};

export type UsageZoneErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `forbidden`: You are not allowed to do this; `too-soon`: This was changed too recently
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/forbidden' | 'https://ondol.dev/problems/too-soon';
    };
    /**
     * `no-team`: You are in no team
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-team';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type UsageZoneError = UsageZoneErrors[keyof UsageZoneErrors];

export type UsageZoneResponses = {
    /**
     * The new time zone.
     */
    200: Moved;
};

export type UsageZoneResponse = UsageZoneResponses[keyof UsageZoneResponses];

export type BillingData = {
    body?: never;
    path?: never;
    query?: {
        /**
         * The billing account of the caller's team, instead of the caller's own.
         */
        team?: boolean;
    };
    url: '/billing';
};

export type BillingErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `no-team`: You are in no team
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-team';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type BillingError = BillingErrors[keyof BillingErrors];

export type BillingResponses = {
    /**
     * The plan, and how it is paid for.
     */
    200: BillingAnswer;
};

export type BillingResponse = BillingResponses[keyof BillingResponses];

export type BillingCheckoutData = {
    body: Buy;
    path?: never;
    query?: never;
    url: '/billing/checkout';
};

export type BillingCheckoutErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `payments-off`: Nothing is sold here; `not-found`: Not found; `no-team`: You are in no team
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/payments-off' | 'https://ondol.dev/problems/not-found' | 'https://ondol.dev/problems/no-team';
    };
    /**
     * `subscribed`: There is a subscription already
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/subscribed';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once; `checkout-open`: A checkout may still be open
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy' | 'https://ondol.dev/problems/checkout-open';
    };
};

export type BillingCheckoutError = BillingCheckoutErrors[keyof BillingCheckoutErrors];

export type BillingCheckoutResponses = {
    /**
     * A page of the payment provider's, to which the browser goes.
     */
    200: PageAnswer;
};

export type BillingCheckoutResponse = BillingCheckoutResponses[keyof BillingCheckoutResponses];

export type BillingPortalData = {
    body?: Manage;
    path?: never;
    query?: never;
    url: '/billing/portal';
};

export type BillingPortalErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `payments-off`: Nothing is sold here; `portal-missing`: Subscriptions can't be managed here; `not-found`: Not found; `no-team`: You are in no team
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/payments-off' | 'https://ondol.dev/problems/portal-missing' | 'https://ondol.dev/problems/not-found' | 'https://ondol.dev/problems/no-team';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type BillingPortalError = BillingPortalErrors[keyof BillingPortalErrors];

export type BillingPortalResponses = {
    /**
     * A page of the payment provider's, to which the browser goes.
     */
    200: PageAnswer;
};

export type BillingPortalResponse = BillingPortalResponses[keyof BillingPortalResponses];

export type TeamData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/team';
};

export type TeamErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamError = TeamErrors[keyof TeamErrors];

export type TeamResponses = {
    /**
     * The caller's team; null without one.
     */
    200: TeamAnswer;
};

export type TeamResponse = TeamResponses[keyof TeamResponses];

export type TeamCreateData = {
    body: MakeTeam;
    path?: never;
    query?: never;
    url: '/team/create';
};

export type TeamCreateErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `email-unverified`: The email address is not verified
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/email-unverified';
    };
    /**
     * `in-a-team`: You are in a team
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/in-a-team';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests; `team-too-soon`: A team was made today already
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests' | 'https://ondol.dev/problems/team-too-soon';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamCreateError = TeamCreateErrors[keyof TeamCreateErrors];

export type TeamCreateResponses = {
    /**
     * The caller's team; null without one.
     */
    200: TeamAnswer;
};

export type TeamCreateResponse = TeamCreateResponses[keyof TeamCreateResponses];

export type TeamRenameData = {
    body: RenameTeam;
    path?: never;
    query?: never;
    url: '/team/rename';
};

export type TeamRenameErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `no-team`: You are in no team
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-team';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamRenameError = TeamRenameErrors[keyof TeamRenameErrors];

export type TeamRenameResponses = {
    /**
     * The caller's team; null without one.
     */
    200: TeamAnswer;
};

export type TeamRenameResponse = TeamRenameResponses[keyof TeamRenameResponses];

export type TeamInviteData = {
    body: Invite;
    path?: never;
    query?: never;
    url: '/team/invite';
};

export type TeamInviteErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `forbidden`: You are not allowed to do this; `email-unverified`: The email address is not verified
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/forbidden' | 'https://ondol.dev/problems/email-unverified';
    };
    /**
     * `no-team`: You are in no team
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-team';
    };
    /**
     * `team-full`: The team is full; `in-the-team`: This person is in the team
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/team-full' | 'https://ondol.dev/problems/in-the-team';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests; `too-many-invitations`: Too many invitations today
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests' | 'https://ondol.dev/problems/too-many-invitations';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamInviteError = TeamInviteErrors[keyof TeamInviteErrors];

export type TeamInviteResponses = {
    /**
     * The team with the invitation, and the link that accepts it.
     */
    200: InviteAnswer;
};

export type TeamInviteResponse = TeamInviteResponses[keyof TeamInviteResponses];

export type TeamResendData = {
    body: OneInvitation;
    path?: never;
    query?: never;
    url: '/team/resend';
};

export type TeamResendErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `forbidden`: You are not allowed to do this; `email-unverified`: The email address is not verified
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/forbidden' | 'https://ondol.dev/problems/email-unverified';
    };
    /**
     * `no-team`: You are in no team; `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-team' | 'https://ondol.dev/problems/not-found';
    };
    /**
     * `team-full`: The team is full
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/team-full';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests; `too-many-invitations`: Too many invitations today
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests' | 'https://ondol.dev/problems/too-many-invitations';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamResendError = TeamResendErrors[keyof TeamResendErrors];

export type TeamResendResponses = {
    /**
     * The team with the invitation, and the link that accepts it.
     */
    200: InviteAnswer;
};

export type TeamResendResponse = TeamResendResponses[keyof TeamResendResponses];

export type TeamRevokeData = {
    body: OneInvitation;
    path?: never;
    query?: never;
    url: '/team/revoke';
};

export type TeamRevokeErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `no-team`: You are in no team; `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-team' | 'https://ondol.dev/problems/not-found';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamRevokeError = TeamRevokeErrors[keyof TeamRevokeErrors];

export type TeamRevokeResponses = {
    /**
     * The caller's team; null without one.
     */
    200: TeamAnswer;
};

export type TeamRevokeResponse = TeamRevokeResponses[keyof TeamRevokeResponses];

export type TeamLookData = {
    body: WithToken;
    path?: never;
    query?: never;
    url: '/team/look';
};

export type TeamLookErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `invitation-gone`: This invitation is not valid
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/invitation-gone';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamLookError = TeamLookErrors[keyof TeamLookErrors];

export type TeamLookResponses = {
    /**
     * An invitation.
     */
    200: LookAnswer;
};

export type TeamLookResponse = TeamLookResponses[keyof TeamLookResponses];

export type TeamAcceptData = {
    body: WithToken;
    path?: never;
    query?: never;
    url: '/team/accept';
};

export type TeamAcceptErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `email-unverified`: The email address is not verified; `other-address`: This invitation is for another address
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/email-unverified' | 'https://ondol.dev/problems/other-address';
    };
    /**
     * `invitation-gone`: This invitation is not valid
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/invitation-gone';
    };
    /**
     * `in-a-team`: You are in a team; `no-seat-left`: The team's plan has no seat left; `team-unpaid`: The team is not paid for
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/in-a-team' | 'https://ondol.dev/problems/no-seat-left' | 'https://ondol.dev/problems/team-unpaid';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamAcceptError = TeamAcceptErrors[keyof TeamAcceptErrors];

export type TeamAcceptResponses = {
    /**
     * The caller's team; null without one.
     */
    200: TeamAnswer;
};

export type TeamAcceptResponse = TeamAcceptResponses[keyof TeamAcceptResponses];

export type TeamEffectsData = {
    body?: never;
    path?: never;
    query?: {
        /**
         * Whose; null: the caller's. An owner can ask about everybody in the team.
         */
        uid?: string;
    };
    url: '/team/effects';
};

export type TeamEffectsErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `no-team`: You are in no team; `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-team' | 'https://ondol.dev/problems/not-found';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamEffectsError = TeamEffectsErrors[keyof TeamEffectsErrors];

export type TeamEffectsResponses = {
    /**
     * What leaving the team does.
     */
    200: EffectsAnswer;
};

export type TeamEffectsResponse = TeamEffectsResponses[keyof TeamEffectsResponses];

export type TeamLeaveData = {
    /**
     * No fields: the team is the caller's.
     */
    body: {
        [key: string]: never;
    };
    path?: never;
    query?: never;
    url: '/team/leave';
};

export type TeamLeaveErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `no-team`: You are in no team
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-team';
    };
    /**
     * `last-owner`: A team needs an owner
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/last-owner';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamLeaveError = TeamLeaveErrors[keyof TeamLeaveErrors];

export type TeamLeaveResponses = {
    /**
     * The caller's team; null without one.
     */
    200: TeamAnswer;
};

export type TeamLeaveResponse = TeamLeaveResponses[keyof TeamLeaveResponses];

export type TeamRemoveData = {
    body: OnePerson;
    path?: never;
    query?: never;
    url: '/team/remove';
};

export type TeamRemoveErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `no-team`: You are in no team; `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-team' | 'https://ondol.dev/problems/not-found';
    };
    /**
     * `last-owner`: A team needs an owner
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/last-owner';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamRemoveError = TeamRemoveErrors[keyof TeamRemoveErrors];

export type TeamRemoveResponses = {
    /**
     * The caller's team; null without one.
     */
    200: TeamAnswer;
};

export type TeamRemoveResponse = TeamRemoveResponses[keyof TeamRemoveResponses];

export type TeamRoleData = {
    body: GiveRole;
    path?: never;
    query?: never;
    url: '/team/role';
};

export type TeamRoleErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `no-team`: You are in no team; `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-team' | 'https://ondol.dev/problems/not-found';
    };
    /**
     * `last-owner`: A team needs an owner; `team-full`: The team is full
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/last-owner' | 'https://ondol.dev/problems/team-full';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamRoleError = TeamRoleErrors[keyof TeamRoleErrors];

export type TeamRoleResponses = {
    /**
     * The caller's team; null without one.
     */
    200: TeamAnswer;
};

export type TeamRoleResponse = TeamRoleResponses[keyof TeamRoleResponses];

export type TeamAnswerData = {
    body: Reply;
    path?: never;
    query?: never;
    url: '/team/answer';
};

export type TeamAnswerErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended';
    };
    /**
     * `no-team`: You are in no team; `not-found`: Not found
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-team' | 'https://ondol.dev/problems/not-found';
    };
    /**
     * `no-seat-left`: The team's plan has no seat left; `team-unpaid`: The team is not paid for
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-seat-left' | 'https://ondol.dev/problems/team-unpaid';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamAnswerError = TeamAnswerErrors[keyof TeamAnswerErrors];

export type TeamAnswerResponses = {
    /**
     * The caller's team; null without one.
     */
    200: TeamAnswer;
};

export type TeamAnswerResponse = TeamAnswerResponses[keyof TeamAnswerResponses];

export type TeamDeleteData = {
    body: DeleteTeam;
    path?: never;
    query?: never;
    url: '/team/delete';
};

export type TeamDeleteErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `no-team`: You are in no team
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-team';
    };
    /**
     * `other-name`: This is not the team's name
     */
    409: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/other-name';
    };
    /**
     * `bad-request`: The request is not valid
     */
    413: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamDeleteError = TeamDeleteErrors[keyof TeamDeleteErrors];

export type TeamDeleteResponses = {
    /**
     * The caller's team; null without one.
     */
    200: TeamAnswer;
};

export type TeamDeleteResponse = TeamDeleteResponses[keyof TeamDeleteResponses];

export type TeamUsageData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/team/usage';
};

export type TeamUsageErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `no-team`: You are in no team
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-team';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamUsageError = TeamUsageErrors[keyof TeamUsageErrors];

export type TeamUsageResponses = {
    /**
     * Used time of the team's current period, in seconds.
     */
    200: TeamUsage;
};

export type TeamUsageResponse = TeamUsageResponses[keyof TeamUsageResponses];

export type TeamStorageData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/team/storage';
};

export type TeamStorageErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `not-signed-in`: Sign in first
     */
    401: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/not-signed-in';
    };
    /**
     * `account-closed`: This account is closed; `account-suspended`: This account is suspended; `forbidden`: You are not allowed to do this
     */
    403: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/account-closed' | 'https://ondol.dev/problems/account-suspended' | 'https://ondol.dev/problems/forbidden';
    };
    /**
     * `no-team`: You are in no team
     */
    404: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/no-team';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type TeamStorageError = TeamStorageErrors[keyof TeamStorageErrors];

export type TeamStorageResponses = {
    /**
     * What the team's workspaces take together, in bytes. Nobody sees another person's file names.
     */
    200: TeamStorage;
};

export type TeamStorageResponse = TeamStorageResponses[keyof TeamStorageResponses];

export type EstimateData = {
    body?: never;
    path?: never;
    query?: {
        /**
         * The region of the deployment.
         */
        place?: 'iowa' | 'seoul';
        members?: number;
        /**
         * The plan of all members, which says when an idle session ends.
         */
        plan?: 'free' | 'pro' | 'starter' | 'team';
        /**
         * Hours that a member works in a month.
         */
        hours?: number;
        /**
         * Sessions of a member in a month.
         */
        sessions?: number;
        /**
         * Hours of a member in a month in which a job goes on without a browser.
         */
        background?: number;
        /**
         * GiB that a member stores, all snapshots together.
         */
        stored?: number;
        /**
         * Slots that are kept warm.
         */
        warm?: number;
        /**
         * CPUs of a slot.
         */
        cpu?: 1 | 2 | 4;
        /**
         * GiB of memory of a slot.
         */
        memory?: 2 | 4 | 8;
        /**
         * Whether Cloud Run bills slots for as long as they exist, and not by request.
         */
        by_instance?: boolean;
        /**
         * Whether what the sellers offer for free is taken off.
         */
        free_tiers?: boolean;
        language?: 'en' | 'ko';
    };
    url: '/estimate';
};

export type EstimateErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `prices-wrong`: The operator's file of prices can't be read
     */
    500: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/prices-wrong';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type EstimateError = EstimateErrors[keyof EstimateErrors];

export type EstimateResponses = {
    /**
     * What a month costs.
     */
    200: EstimateAnswer;
};

export type EstimateResponse = EstimateResponses[keyof EstimateResponses];

export type EstimateSpreadsheetData = {
    body?: never;
    path?: never;
    query?: {
        /**
         * The region of the deployment.
         */
        place?: 'iowa' | 'seoul';
        members?: number;
        /**
         * The plan of all members, which says when an idle session ends.
         */
        plan?: 'free' | 'pro' | 'starter' | 'team';
        /**
         * Hours that a member works in a month.
         */
        hours?: number;
        /**
         * Sessions of a member in a month.
         */
        sessions?: number;
        /**
         * Hours of a member in a month in which a job goes on without a browser.
         */
        background?: number;
        /**
         * GiB that a member stores, all snapshots together.
         */
        stored?: number;
        /**
         * Slots that are kept warm.
         */
        warm?: number;
        /**
         * CPUs of a slot.
         */
        cpu?: 1 | 2 | 4;
        /**
         * GiB of memory of a slot.
         */
        memory?: 2 | 4 | 8;
        /**
         * Whether Cloud Run bills slots for as long as they exist, and not by request.
         */
        by_instance?: boolean;
        /**
         * Whether what the sellers offer for free is taken off.
         */
        free_tiers?: boolean;
        language?: 'en' | 'ko';
    };
    url: '/estimate/spreadsheet';
};

export type EstimateSpreadsheetErrors = {
    /**
     * `bad-request`: The request is not valid
     */
    400: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/bad-request';
    };
    /**
     * `too-many-requests`: Too many requests
     */
    429: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/too-many-requests';
    };
    /**
     * `prices-wrong`: The operator's file of prices can't be read
     */
    500: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/prices-wrong';
    };
    /**
     * `unavailable`: A part of Ondol can't be reached; `too-busy`: Too many changes at once
     */
    503: ProblemAnswer & {
        type?: 'https://ondol.dev/problems/unavailable' | 'https://ondol.dev/problems/too-busy';
    };
};

export type EstimateSpreadsheetError = EstimateSpreadsheetErrors[keyof EstimateSpreadsheetErrors];

export type EstimateSpreadsheetResponses = {
    /**
     * Answer a spreadsheet. `name` is its file name, of characters that need no quoting.
     */
    200: unknown;
};
