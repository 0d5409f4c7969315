// @ts-nocheck
// Made by `make schema`.

import type { Client, ClientMeta, Options as Options2, RequestResult, TDataShape } from './client';
import { client } from './client.gen';
import type { AccountDeleteData, AccountDeleteErrors, AccountDeleteResponses, AccountLanguageData, AccountLanguageErrors, AccountLanguageResponses, AccountMailsData, AccountMailsErrors, AccountMailsResponses, AccountSignOutData, AccountSignOutErrors, AccountSignOutResponses, AccountTellData, AccountTellErrors, AccountTellResponses, AdminAccountData, AdminAccountErrors, AdminAccountResponses, AdminAnnounceData, AdminAnnounceErrors, AdminAnnounceResponses, AdminAuditData, AdminAuditErrors, AdminAuditResponses, AdminCostsData, AdminCostsErrors, AdminCostsResponses, AdminData, AdminDownloadData, AdminDownloadErrors, AdminDownloadResponses, AdminDrainData, AdminDrainErrors, AdminDrainResponses, AdminEndData, AdminEndErrors, AdminEndResponses, AdminErrors, AdminGrantData, AdminGrantErrors, AdminGrantResponses, AdminLimitsData, AdminLimitsErrors, AdminLimitsResponses, AdminMailsData, AdminMailsErrors, AdminMailsResponses, AdminMembersData, AdminMembersErrors, AdminMembersResponses, AdminMoneyData, AdminMoneyErrors, AdminMoneyResponses, AdminOpensData, AdminOpensErrors, AdminOpensResponses, AdminPayersData, AdminPayersErrors, AdminPayersResponses, AdminPlanData, AdminPlanErrors, AdminPlanResponses, AdminPoolData, AdminPoolErrors, AdminPoolResponses, AdminQuarantineData, AdminQuarantineErrors, AdminQuarantineResponses, AdminRecycleData, AdminRecycleErrors, AdminRecycleResponses, AdminResponses, AdminResumeData, AdminResumeErrors, AdminResumeResponses, AdminSessionData, AdminSessionErrors, AdminSessionResponses, AdminSessionsData, AdminSessionsErrors, AdminSessionsResponses, AdminSlotData, AdminSlotErrors, AdminSlotResponses, AdminSlotsData, AdminSlotsErrors, AdminSlotsResponses, AdminSuspendData, AdminSuspendErrors, AdminSuspendResponses, AdminTakeBackData, AdminTakeBackErrors, AdminTakeBackResponses, AdminUsageData, AdminUsageErrors, AdminUsageResponses, AllocateData, AllocateErrors, AllocateResponses, BillingCheckoutData, BillingCheckoutErrors, BillingCheckoutResponses, BillingData, BillingErrors, BillingPortalData, BillingPortalErrors, BillingPortalResponses, BillingResponses, EstimateData, EstimateErrors, EstimateResponses, EstimateSpreadsheetData, EstimateSpreadsheetErrors, EstimateSpreadsheetResponses, LoginData, LoginErrors, LoginResponses, ReleaseData, ReleaseErrors, ReleaseResponses, SnapshotsData, SnapshotsDiscardData, SnapshotsDiscardErrors, SnapshotsDiscardResponses, SnapshotsDownloadData, SnapshotsDownloadErrors, SnapshotsDownloadResponses, SnapshotsErrors, SnapshotsFilesData, SnapshotsFilesErrors, SnapshotsFilesResponses, SnapshotsResponses, SnapshotsRestoreData, SnapshotsRestoreErrors, SnapshotsRestoreResponses, TeamAcceptData, TeamAcceptErrors, TeamAcceptResponses, TeamAnswerData, TeamAnswerErrors, TeamAnswerResponses, TeamCreateData, TeamCreateErrors, TeamCreateResponses, TeamData, TeamDeleteData, TeamDeleteErrors, TeamDeleteResponses, TeamEffectsData, TeamEffectsErrors, TeamEffectsResponses, TeamErrors, TeamInviteData, TeamInviteErrors, TeamInviteResponses, TeamLeaveData, TeamLeaveErrors, TeamLeaveResponses, TeamLookData, TeamLookErrors, TeamLookResponses, TeamRemoveData, TeamRemoveErrors, TeamRemoveResponses, TeamRenameData, TeamRenameErrors, TeamRenameResponses, TeamResendData, TeamResendErrors, TeamResendResponses, TeamResponses, TeamRevokeData, TeamRevokeErrors, TeamRevokeResponses, TeamRoleData, TeamRoleErrors, TeamRoleResponses, TeamStorageData, TeamStorageErrors, TeamStorageResponses, TeamUsageData, TeamUsageErrors, TeamUsageResponses, UsageCsvData, UsageCsvErrors, UsageCsvResponses, UsageData, UsageErrors, UsageResponses, UsageZoneData, UsageZoneErrors, UsageZoneResponses } from './types.gen';

export type Options<TData extends TDataShape = TDataShape, ThrowOnError extends boolean = boolean, TResponse = unknown> = Options2<TData, ThrowOnError, TResponse> & {
    /**
     * You can provide a client instance returned by `createClient()` instead of
     * individual options. This might be also useful if you want to implement a
     * custom client.
     */
    client?: Client;
    /**
     * You can pass arbitrary values through the `meta` object. This can be
     * used to access values that aren't defined as part of the SDK function.
     */
    meta?: keyof ClientMeta extends never ? Record<string, unknown> : ClientMeta;
};

/**
 * Who am I
 *
 * Creates the account on the first visit.
 */
export const login = <ThrowOnError extends boolean = true>(options?: Options<LoginData, ThrowOnError>): RequestResult<LoginResponses, LoginErrors, ThrowOnError> => (options?.client ?? client).post<LoginResponses, LoginErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/login',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options?.headers
    }
});

/**
 * Delete the account
 *
 * Deletes everything in the account, and the sign-in itself. The member must have signed in within the last five minutes (`sign-in-again`). The session ends. The rest is erased soon after, see docs/erasing.md. A client that got no answer sends the request again: steps that were done are not done twice. The only owner of a team with other people hands it over or deletes it first (`last-owner`).
 */
export const accountDelete = <ThrowOnError extends boolean = true>(options?: Options<AccountDeleteData, ThrowOnError>): RequestResult<AccountDeleteResponses, AccountDeleteErrors, ThrowOnError> => (options?.client ?? client).post<AccountDeleteResponses, AccountDeleteErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/account/delete',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options?.headers
    }
});

/**
 * Choose the language
 *
 * `login` says which one the account has. A suspended member may choose too: they are still written to.
 */
export const accountLanguage = <ThrowOnError extends boolean = true>(options: Options<AccountLanguageData, ThrowOnError>): RequestResult<AccountLanguageResponses, AccountLanguageErrors, ThrowOnError> => (options.client ?? client).post<AccountLanguageResponses, AccountLanguageErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/account/language',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * What the caller is told by mail
 */
export const accountMails = <ThrowOnError extends boolean = true>(options?: Options<AccountMailsData, ThrowOnError>): RequestResult<AccountMailsResponses, AccountMailsErrors, ThrowOnError> => (options?.client ?? client).get<AccountMailsResponses, AccountMailsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/account/mails',
    ...options
});

/**
 * Sign out
 *
 * With `browser`: this browser's sign-in and every token renewed from it stop counting. What the browser and the sign-in may enter ends at the container's next heartbeat. The session goes on. With `everywhere`: every sign-in of the member ends, in all browsers, and the session is saved and ended.
 */
export const accountSignOut = <ThrowOnError extends boolean = true>(options?: Options<AccountSignOutData, ThrowOnError>): RequestResult<AccountSignOutResponses, AccountSignOutErrors, ThrowOnError> => (options?.client ?? client).post<AccountSignOutResponses, AccountSignOutErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/account/sign-out',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options?.headers
    }
});

/**
 * Choose what to be told by mail
 *
 * The link in such a mail turns it off too, without a sign-in.
 */
export const accountTell = <ThrowOnError extends boolean = true>(options: Options<AccountTellData, ThrowOnError>): RequestResult<AccountTellResponses, AccountTellErrors, ThrowOnError> => (options.client ?? client).post<AccountTellResponses, AccountTellErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/account/tell',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Open the workspace
 *
 * Claims a slot and attaches the workspace, or attaches the open session again. Then post `token=<enter_token>` and `folder` as a form, from the page's origin, to `enter_url`. The answer leads to the editor.
 */
export const allocate = <ThrowOnError extends boolean = true>(options?: Options<AllocateData, ThrowOnError>): RequestResult<AllocateResponses, AllocateErrors, ThrowOnError> => (options?.client ?? client).post<AllocateResponses, AllocateErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/allocate',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options?.headers
    }
});

/**
 * Stop the session
 *
 * Begins the end of the session, which is saved and ended soon after. Ask `login` whether it has ended.
 */
export const release = <ThrowOnError extends boolean = true>(options: Options<ReleaseData, ThrowOnError>): RequestResult<ReleaseResponses, ReleaseErrors, ThrowOnError> => (options.client ?? client).post<ReleaseResponses, ReleaseErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/release',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * The workspace's history
 *
 * Snapshots that are kept, newest first, in pages. No container is started.
 */
export const snapshots = <ThrowOnError extends boolean = true>(options?: Options<SnapshotsData, ThrowOnError>): RequestResult<SnapshotsResponses, SnapshotsErrors, ThrowOnError> => (options?.client ?? client).get<SnapshotsResponses, SnapshotsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/snapshots',
    ...options
});

/**
 * Look into a snapshot
 *
 * A folder of the snapshot, or of left-out files, without a container. The first look reads all layers, for at most 25 s; the paths are then kept for a day, and other folders of the snapshot take one read. If the snapshot has no such folder, the answer is a folder that looks the same in other Unicode characters, as macOS writes them.
 */
export const snapshotsFiles = <ThrowOnError extends boolean = true>(options: Options<SnapshotsFilesData, ThrowOnError>): RequestResult<SnapshotsFilesResponses, SnapshotsFilesErrors, ThrowOnError> => (options.client ?? client).get<SnapshotsFilesResponses, SnapshotsFilesErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/snapshots/files',
    ...options
});

/**
 * Go back to a snapshot
 *
 * The next session opens with this snapshot. With `path`, the next session opens with the current files, and with this file or folder as it is in the snapshot. The current snapshot stays in the history. Refused while a session is open (`session-open`). If the snapshot has no such path, a path is restored that looks the same in other Unicode characters, as macOS writes them; `several-alike` names the paths if there are several. `in-the-way` names a current file that would have to go for a folder. Left-out files can be restored all at once if the plan's storage has room (`storage-full`), or one listed file or folder at a time.
 */
export const snapshotsRestore = <ThrowOnError extends boolean = true>(options: Options<SnapshotsRestoreData, ThrowOnError>): RequestResult<SnapshotsRestoreResponses, SnapshotsRestoreErrors, ThrowOnError> => (options.client ?? client).post<SnapshotsRestoreResponses, SnapshotsRestoreErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/snapshots/restore',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Download the whole home
 *
 * The answer is one tar.zst of the given snapshot, or of the newest. Ask again until the archive is ready.
 */
export const snapshotsDownload = <ThrowOnError extends boolean = true>(options?: Options<SnapshotsDownloadData, ThrowOnError>): RequestResult<SnapshotsDownloadResponses, SnapshotsDownloadErrors, ThrowOnError> => (options?.client ?? client).post<SnapshotsDownloadResponses, SnapshotsDownloadErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/snapshots/download',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options?.headers
    }
});

/**
 * Delete left-out files that are kept
 *
 * Their room is free for others. The same request again is no error.
 */
export const snapshotsDiscard = <ThrowOnError extends boolean = true>(options: Options<SnapshotsDiscardData, ThrowOnError>): RequestResult<SnapshotsDiscardResponses, SnapshotsDiscardErrors, ThrowOnError> => (options.client ?? client).post<SnapshotsDiscardResponses, SnapshotsDiscardErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/snapshots/discard',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * The limits and the service now
 *
 * Every endpoint below /admin answers 403 without the custom claim `admin`. With the claim `auditor` those that change nothing answer too. Each figure has its healthy range beside it.
 */
export const admin = <ThrowOnError extends boolean = true>(options?: Options<AdminData, ThrowOnError>): RequestResult<AdminResponses, AdminErrors, ThrowOnError> => (options?.client ?? client).get<AdminResponses, AdminErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin',
    ...options
});

/**
 * How Opens of the last hour went
 *
 * Times by step, misses of the pool and errors, by the newest hundred sessions.
 */
export const adminOpens = <ThrowOnError extends boolean = true>(options?: Options<AdminOpensData, ThrowOnError>): RequestResult<AdminOpensResponses, AdminOpensErrors, ThrowOnError> => (options?.client ?? client).get<AdminOpensResponses, AdminOpensErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/opens',
    ...options
});

/**
 * Whether mails are sent
 *
 * How many wait, and how many of the last week were not.
 */
export const adminMails = <ThrowOnError extends boolean = true>(options?: Options<AdminMailsData, ThrowOnError>): RequestResult<AdminMailsResponses, AdminMailsErrors, ThrowOnError> => (options?.client ?? client).get<AdminMailsResponses, AdminMailsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/mails',
    ...options
});

/**
 * All slots
 *
 * By name, in pages.
 */
export const adminSlots = <ThrowOnError extends boolean = true>(options?: Options<AdminSlotsData, ThrowOnError>): RequestResult<AdminSlotsResponses, AdminSlotsErrors, ThrowOnError> => (options?.client ?? client).get<AdminSlotsResponses, AdminSlotsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/slots',
    ...options
});

/**
 * One slot
 *
 * With what was done with it lately, and why.
 */
export const adminSlot = <ThrowOnError extends boolean = true>(options: Options<AdminSlotData, ThrowOnError>): RequestResult<AdminSlotResponses, AdminSlotErrors, ThrowOnError> => (options.client ?? client).get<AdminSlotResponses, AdminSlotErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/slot',
    ...options
});

/**
 * Sessions
 *
 * All that are open, or those of one member, in pages.
 */
export const adminSessions = <ThrowOnError extends boolean = true>(options?: Options<AdminSessionsData, ThrowOnError>): RequestResult<AdminSessionsResponses, AdminSessionsErrors, ThrowOnError> => (options?.client ?? client).get<AdminSessionsResponses, AdminSessionsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/sessions',
    ...options
});

/**
 * One session
 *
 * With the steps of its Open, and every decision about it with its rule.
 */
export const adminSession = <ThrowOnError extends boolean = true>(options: Options<AdminSessionData, ThrowOnError>): RequestResult<AdminSessionResponses, AdminSessionErrors, ThrowOnError> => (options.client ?? client).get<AdminSessionResponses, AdminSessionErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/session',
    ...options
});

/**
 * Members
 *
 * Sorted over all of them, in pages. With `email`, those whose address begins with it.
 */
export const adminMembers = <ThrowOnError extends boolean = true>(options?: Options<AdminMembersData, ThrowOnError>): RequestResult<AdminMembersResponses, AdminMembersErrors, ThrowOnError> => (options?.client ?? client).get<AdminMembersResponses, AdminMembersErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/members',
    ...options
});

/**
 * What members pay now, by plan
 *
 * By what the payment provider last said, at the plan table's prices.
 */
export const adminMoney = <ThrowOnError extends boolean = true>(options?: Options<AdminMoneyData, ThrowOnError>): RequestResult<AdminMoneyResponses, AdminMoneyErrors, ThrowOnError> => (options?.client ?? client).get<AdminMoneyResponses, AdminMoneyErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/money',
    ...options
});

/**
 * Payers who owe, or about whom the payment provider and Ondol disagree
 *
 * In pages, each with the customer's page at the provider.
 */
export const adminPayers = <ThrowOnError extends boolean = true>(options: Options<AdminPayersData, ThrowOnError>): RequestResult<AdminPayersResponses, AdminPayersErrors, ThrowOnError> => (options.client ?? client).get<AdminPayersResponses, AdminPayersErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/payers',
    ...options
});

/**
 * Set an account's plan
 *
 * With `team`, that of the team that the person is in. An open session follows the new plan from its next heartbeat on. Subscriptions that ran until now are cancelled, without a refund: `cancels` in `after` names them. The same `request` sent again changes nothing and gets the same answer.
 */
export const adminPlan = <ThrowOnError extends boolean = true>(options: Options<AdminPlanData, ThrowOnError>): RequestResult<AdminPlanResponses, AdminPlanErrors, ThrowOnError> => (options.client ?? client).post<AdminPlanResponses, AdminPlanErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/plan',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Add time to the current period
 *
 * With `team`, of the team that the person is in. Refused on a plan without limit (`no-limit`). Granted time ends with its period.
 */
export const adminGrant = <ThrowOnError extends boolean = true>(options: Options<AdminGrantData, ThrowOnError>): RequestResult<AdminGrantResponses, AdminGrantErrors, ThrowOnError> => (options.client ?? client).post<AdminGrantResponses, AdminGrantErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/grant',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Suspend an account
 *
 * The account's session is saved and ended, the files are kept, and no session can be opened. If the suspension is for a missing payment, the member can still see the history and download files. The member's page shows `notice`.
 */
export const adminSuspend = <ThrowOnError extends boolean = true>(options: Options<AdminSuspendData, ThrowOnError>): RequestResult<AdminSuspendResponses, AdminSuspendErrors, ThrowOnError> => (options.client ?? client).post<AdminSuspendResponses, AdminSuspendErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/suspend',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * End a suspension
 *
 * With `uid`, of an existing account. With `email`, of an address whose account was erased while it was suspended: the next account with this address is not suspended. The audit log has a keyed mark of the address, and not the address.
 */
export const adminResume = <ThrowOnError extends boolean = true>(options: Options<AdminResumeData, ThrowOnError>): RequestResult<AdminResumeResponses, AdminResumeErrors, ThrowOnError> => (options.client ?? client).post<AdminResumeResponses, AdminResumeErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/resume',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Set limits for everybody
 *
 * Limits that are not given stay as they are.
 */
export const adminLimits = <ThrowOnError extends boolean = true>(options: Options<AdminLimitsData, ThrowOnError>): RequestResult<AdminLimitsResponses, AdminLimitsErrors, ThrowOnError> => (options.client ?? client).post<AdminLimitsResponses, AdminLimitsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/limits',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * End a member's session
 *
 * The work is saved, and the member sees that an operator ended the session. They can open another one at once.
 */
export const adminEnd = <ThrowOnError extends boolean = true>(options: Options<AdminEndData, ThrowOnError>): RequestResult<AdminEndResponses, AdminEndErrors, ThrowOnError> => (options.client ?? client).post<AdminEndResponses, AdminEndErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/end',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Download a member's home on their behalf
 *
 * The answer is one tar.zst. Send the same request again until the archive is ready: it has one line in the audit log, and stays the archive of the snapshot that was the newest at first.
 */
export const adminDownload = <ThrowOnError extends boolean = true>(options: Options<AdminDownloadData, ThrowOnError>): RequestResult<AdminDownloadResponses, AdminDownloadErrors, ThrowOnError> => (options.client ?? client).post<AdminDownloadResponses, AdminDownloadErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/download',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Set how many slots are warm and exist
 *
 * One number of warm slots, one for each hour of the week, or as many as the Opens of the last weeks make worthwhile. Holds until it is set anew, also over an upgrade. A lower maximum ends no session.
 */
export const adminPool = <ThrowOnError extends boolean = true>(options: Options<AdminPoolData, ThrowOnError>): RequestResult<AdminPoolResponses, AdminPoolErrors, ThrowOnError> => (options.client ?? client).post<AdminPoolResponses, AdminPoolErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/pool',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Announce members who will come together
 *
 * The request's id is the announcement's. It is forgotten when it is over.
 */
export const adminAnnounce = <ThrowOnError extends boolean = true>(options: Options<AdminAnnounceData, ThrowOnError>): RequestResult<AdminAnnounceResponses, AdminAnnounceErrors, ThrowOnError> => (options.client ?? client).post<AdminAnnounceResponses, AdminAnnounceErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/announce',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Take an announcement back
 */
export const adminTakeBack = <ThrowOnError extends boolean = true>(options: Options<AdminTakeBackData, ThrowOnError>): RequestResult<AdminTakeBackResponses, AdminTakeBackErrors, ThrowOnError> => (options.client ?? client).post<AdminTakeBackResponses, AdminTakeBackErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/take-back',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * End all open sessions, for an upgrade
 *
 * Each is saved, and its member sees that an operator ended it. With `close`, new sessions are closed first, by the same commit.
 */
export const adminDrain = <ThrowOnError extends boolean = true>(options: Options<AdminDrainData, ThrowOnError>): RequestResult<AdminDrainResponses, AdminDrainErrors, ThrowOnError> => (options.client ?? client).post<AdminDrainResponses, AdminDrainErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/drain',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Replace a slot's container
 *
 * A session in it is saved and ended first. A slot that was taken out of use comes back.
 */
export const adminRecycle = <ThrowOnError extends boolean = true>(options: Options<AdminRecycleData, ThrowOnError>): RequestResult<AdminRecycleResponses, AdminRecycleErrors, ThrowOnError> => (options.client ?? client).post<AdminRecycleResponses, AdminRecycleErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/recycle',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Take a slot out of use
 *
 * Nobody gets it, and its container is left as it is, to be looked into. A session in it is saved and ended first.
 */
export const adminQuarantine = <ThrowOnError extends boolean = true>(options: Options<AdminQuarantineData, ThrowOnError>): RequestResult<AdminQuarantineResponses, AdminQuarantineErrors, ThrowOnError> => (options.client ?? client).post<AdminQuarantineResponses, AdminQuarantineErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/quarantine',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * One account
 *
 * Found by `uid` or by `email`; give one of them.
 */
export const adminAccount = <ThrowOnError extends boolean = true>(options?: Options<AdminAccountData, ThrowOnError>): RequestResult<AdminAccountResponses, AdminAccountErrors, ThrowOnError> => (options?.client ?? client).get<AdminAccountResponses, AdminAccountErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/account',
    ...options
});

/**
 * The log of what operators did
 */
export const adminAudit = <ThrowOnError extends boolean = true>(options?: Options<AdminAuditData, ThrowOnError>): RequestResult<AdminAuditResponses, AdminAuditErrors, ThrowOnError> => (options?.client ?? client).get<AdminAuditResponses, AdminAuditErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/audit',
    ...options
});

/**
 * Time used by plan, on each day of a month (UTC)
 *
 * With today, and with yesterday until it is summed up, an hour after midnight.
 */
export const adminUsage = <ThrowOnError extends boolean = true>(options: Options<AdminUsageData, ThrowOnError>): RequestResult<AdminUsageResponses, AdminUsageErrors, ThrowOnError> => (options.client ?? client).get<AdminUsageResponses, AdminUsageErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/usage',
    ...options
});

/**
 * What this month costs
 *
 * So far and to its end, by line of the model of costs, with the margin of each plan and the dearest members.
 */
export const adminCosts = <ThrowOnError extends boolean = true>(options?: Options<AdminCostsData, ThrowOnError>): RequestResult<AdminCostsResponses, AdminCostsErrors, ThrowOnError> => (options?.client ?? client).get<AdminCostsResponses, AdminCostsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/admin/costs',
    ...options
});

/**
 * Used time
 *
 * The current period, and one month by period, by day and by session, newest first. The month has only the caller's own sessions, and of those what the plan has paid that pays now: who joins or leaves a team begins anew. `current` has the total of a shared plan. Days and months are those of the account's time zone. Each page has at most 200 ledger lines: add up a period, day or session that stands on several pages.
 */
export const usage = <ThrowOnError extends boolean = true>(options?: Options<UsageData, ThrowOnError>): RequestResult<UsageResponses, UsageErrors, ThrowOnError> => (options?.client ?? client).get<UsageResponses, UsageErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/usage',
    ...options
});

/**
 * The month's sessions as a table
 *
 * RFC 4180 with a header. Times are ISO 8601 in the account's time zone. The sessions are those of `usage`.
 */
export const usageCsv = <ThrowOnError extends boolean = true>(options?: Options<UsageCsvData, ThrowOnError>): RequestResult<UsageCsvResponses, UsageCsvErrors, ThrowOnError> => (options?.client ?? client).get<UsageCsvResponses, UsageCsvErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/usage/csv',
    ...options
});

/**
 * Change the time zone
 *
 * Of the billing account that pays, by its owner, once in 30 days (`too-soon`); of a team's by the team's owners. A request for the current time zone changes nothing.
 */
export const usageZone = <ThrowOnError extends boolean = true>(options: Options<UsageZoneData, ThrowOnError>): RequestResult<UsageZoneResponses, UsageZoneErrors, ThrowOnError> => (options.client ?? client).post<UsageZoneResponses, UsageZoneErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/usage/zone',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * The plan, and how it is paid for
 *
 * As the payment provider last said. A payment is there within seconds, so the page asks again after one.
 */
export const billing = <ThrowOnError extends boolean = true>(options?: Options<BillingData, ThrowOnError>): RequestResult<BillingResponses, BillingErrors, ThrowOnError> => (options?.client ?? client).get<BillingResponses, BillingErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/billing',
    ...options
});

/**
 * Open the page on which a plan is paid for
 *
 * The same page again, as long as it can be paid on. Who has a subscription changes that one instead (`subscribed`).
 */
export const billingCheckout = <ThrowOnError extends boolean = true>(options: Options<BillingCheckoutData, ThrowOnError>): RequestResult<BillingCheckoutResponses, BillingCheckoutErrors, ThrowOnError> => (options.client ?? client).post<BillingCheckoutResponses, BillingCheckoutErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/billing/checkout',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Open the page for cards, invoices, other plans and cancellation
 *
 * Also for a suspended member: whoever is charged can end that.
 */
export const billingPortal = <ThrowOnError extends boolean = true>(options?: Options<BillingPortalData, ThrowOnError>): RequestResult<BillingPortalResponses, BillingPortalErrors, ThrowOnError> => (options?.client ?? client).post<BillingPortalResponses, BillingPortalErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/billing/portal',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options?.headers
    }
});

/**
 * The caller's team
 *
 * null for somebody who is in no team.
 */
export const team = <ThrowOnError extends boolean = true>(options?: Options<TeamData, ThrowOnError>): RequestResult<TeamResponses, TeamErrors, ThrowOnError> => (options?.client ?? client).get<TeamResponses, TeamErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team',
    ...options
});

/**
 * Make a team
 *
 * The caller becomes its owner. Until a plan is bought for it (`billing/checkout` with `team`), it pays for nobody, and people can be invited already.
 */
export const teamCreate = <ThrowOnError extends boolean = true>(options: Options<TeamCreateData, ThrowOnError>): RequestResult<TeamCreateResponses, TeamCreateErrors, ThrowOnError> => (options.client ?? client).post<TeamCreateResponses, TeamCreateErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/create',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Rename the team
 */
export const teamRename = <ThrowOnError extends boolean = true>(options: Options<TeamRenameData, ThrowOnError>): RequestResult<TeamRenameResponses, TeamRenameErrors, ThrowOnError> => (options.client ?? client).post<TeamRenameResponses, TeamRenameErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/rename',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Invite somebody by their address
 *
 * Seven days, single use. An open invitation takes its seat. Another one to the same address replaces it.
 */
export const teamInvite = <ThrowOnError extends boolean = true>(options: Options<TeamInviteData, ThrowOnError>): RequestResult<TeamInviteResponses, TeamInviteErrors, ThrowOnError> => (options.client ?? client).post<TeamInviteResponses, TeamInviteErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/invite',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Send an invitation again
 *
 * For another seven days, by another link. The link before is not valid any more.
 */
export const teamResend = <ThrowOnError extends boolean = true>(options: Options<TeamResendData, ThrowOnError>): RequestResult<TeamResendResponses, TeamResendErrors, ThrowOnError> => (options.client ?? client).post<TeamResendResponses, TeamResendErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/resend',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Revoke an invitation
 */
export const teamRevoke = <ThrowOnError extends boolean = true>(options: Options<TeamRevokeData, ThrowOnError>): RequestResult<TeamRevokeResponses, TeamRevokeErrors, ThrowOnError> => (options.client ?? client).post<TeamRevokeResponses, TeamRevokeErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/revoke',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Look at an invitation
 *
 * With the token of its link: who invites, to which team, whether it is for the caller, and what accepting does.
 */
export const teamLook = <ThrowOnError extends boolean = true>(options: Options<TeamLookData, ThrowOnError>): RequestResult<TeamLookResponses, TeamLookErrors, ThrowOnError> => (options.client ?? client).post<TeamLookResponses, TeamLookErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/look',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Accept an invitation
 *
 * By somebody with the verified address to which it was sent. Who is in the team already gets the team. An open session is saved and ends, and the workspace can be opened again at once.
 */
export const teamAccept = <ThrowOnError extends boolean = true>(options: Options<TeamAcceptData, ThrowOnError>): RequestResult<TeamAcceptResponses, TeamAcceptErrors, ThrowOnError> => (options.client ?? client).post<TeamAcceptResponses, TeamAcceptErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/accept',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * What leaving the team does, or being removed from it
 */
export const teamEffects = <ThrowOnError extends boolean = true>(options?: Options<TeamEffectsData, ThrowOnError>): RequestResult<TeamEffectsResponses, TeamEffectsErrors, ThrowOnError> => (options?.client ?? client).get<TeamEffectsResponses, TeamEffectsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/effects',
    ...options
});

/**
 * Leave the team
 *
 * The session is saved and ends; the workspace goes with the caller, who works on the own account again.
 */
export const teamLeave = <ThrowOnError extends boolean = true>(options: Options<TeamLeaveData, ThrowOnError>): RequestResult<TeamLeaveResponses, TeamLeaveErrors, ThrowOnError> => (options.client ?? client).post<TeamLeaveResponses, TeamLeaveErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/leave',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Remove a person from the team
 *
 * Their session is saved and ends; their workspace goes with them.
 */
export const teamRemove = <ThrowOnError extends boolean = true>(options: Options<TeamRemoveData, ThrowOnError>): RequestResult<TeamRemoveResponses, TeamRemoveErrors, ThrowOnError> => (options.client ?? client).post<TeamRemoveResponses, TeamRemoveErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/remove',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Give a person another role
 *
 * The ownership, and a seat to somebody who only pays, are offered: they hold once the person has accepted (`answer`). Anything else holds at once.
 */
export const teamRole = <ThrowOnError extends boolean = true>(options: Options<TeamRoleData, ThrowOnError>): RequestResult<TeamRoleResponses, TeamRoleErrors, ThrowOnError> => (options.client ?? client).post<TeamRoleResponses, TeamRoleErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/role',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Accept or decline the role that is offered to the caller
 */
export const teamAnswer = <ThrowOnError extends boolean = true>(options: Options<TeamAnswerData, ThrowOnError>): RequestResult<TeamAnswerResponses, TeamAnswerErrors, ThrowOnError> => (options.client ?? client).post<TeamAnswerResponses, TeamAnswerErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/answer',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Delete the team
 *
 * All leave, as by `leave`, and its subscription ends.
 */
export const teamDelete = <ThrowOnError extends boolean = true>(options: Options<TeamDeleteData, ThrowOnError>): RequestResult<TeamDeleteResponses, TeamDeleteErrors, ThrowOnError> => (options.client ?? client).post<TeamDeleteResponses, TeamDeleteErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/delete',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Used time by person
 *
 * Of the team's current period, in seconds.
 */
export const teamUsage = <ThrowOnError extends boolean = true>(options?: Options<TeamUsageData, ThrowOnError>): RequestResult<TeamUsageResponses, TeamUsageErrors, ThrowOnError> => (options?.client ?? client).get<TeamUsageResponses, TeamUsageErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/usage',
    ...options
});

/**
 * Storage by person, by size only
 */
export const teamStorage = <ThrowOnError extends boolean = true>(options?: Options<TeamStorageData, ThrowOnError>): RequestResult<TeamStorageResponses, TeamStorageErrors, ThrowOnError> => (options?.client ?? client).get<TeamStorageResponses, TeamStorageErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/team/storage',
    ...options
});

/**
 * What a month costs
 *
 * Line by line at list prices and the operator's own, beside what the same costs elsewhere, for more and fewer members, and what an operator can change. Costs are US dollars. Nobody needs to be signed in.
 */
export const estimate = <ThrowOnError extends boolean = true>(options?: Options<EstimateData, ThrowOnError>): RequestResult<EstimateResponses, EstimateErrors, ThrowOnError> => (options?.client ?? client).get<EstimateResponses, EstimateErrors, ThrowOnError>({ url: '/estimate', ...options });

/**
 * The same as a spreadsheet that goes on calculating
 *
 * All inputs can be changed in it, plan by plan.
 */
export const estimateSpreadsheet = <ThrowOnError extends boolean = true>(options?: Options<EstimateSpreadsheetData, ThrowOnError>): RequestResult<EstimateSpreadsheetResponses, EstimateSpreadsheetErrors, ThrowOnError> => (options?.client ?? client).get<EstimateSpreadsheetResponses, EstimateSpreadsheetErrors, ThrowOnError>({ url: '/estimate/spreadsheet', ...options });
