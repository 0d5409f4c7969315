"""The words of each kind of mail in English."""

from collections.abc import Mapping

from shared.mail.mail import MailKind
from shared.mail.words import Words

LETTERS: Mapping[MailKind, Words] = {
    MailKind.PAYMENT_FAILED: Words(
        subject="Your payment for {{ plan | plan }} did not go through",
        paragraphs=(
            "The payment for your plan {{ plan | plan }} has failed. Nothing has changed yet: you keep the plan until"
            " {{ until | day }}, and the payment is tried again by itself until then.",
            "If your card has expired or was replaced, please enter the new one. Nothing is deleted if you don't.",
        ),
        button="Check your payment",
        page="/plans",
    ),
    MailKind.PLAN_ENDED: Words(
        subject="{{ plan | plan }} has ended; you are on {{ now | plan }} now",
        paragraphs=(
            "Your plan {{ plan | plan }} has ended, and {{ now | plan }} holds from now on. Your files are all there.",
            "What exceeds {{ now | plan }} can be read and downloaded until {{ until | day }}. Only then is it deleted."
            " With a larger plan it stays, and can be used again at once.",
        ),
        button="See your files and plans",
        page="/plans",
    ),
    MailKind.KEPT_ENDS: Words(
        subject="What {{ plan | plan }} had kept is deleted on {{ until | day }}",
        paragraphs=(
            "Since {{ plan | plan }} ended, we have kept what exceeds {{ now | plan }}: larger files, and snapshots"
            " from further back. It is deleted on {{ until | day }}.",
            "You can download all of it until then, also without time left. With a larger plan it stays.",
        ),
        button="Download, or choose a plan",
        page="/history",
    ),
    MailKind.ACCOUNT_ERASED: Words(
        subject="Your account is deleted",
        paragraphs=(
            "You have deleted your account. Your files, their history, your address and your name are erased now, and"
            " a day later everything is erased once more, in case something was still on its way. Subscriptions are"
            " ended. Nobody can bring your files back.",
            "What bookkeeping needs is kept without your name: which times were used, and what they cost. Invoices"
            " stay with the payment provider for as long as the law says. Backups of our records hold no files; the"
            " last of them that knows you is deleted after 28 days.",
        ),
        button="Open Ondol",
        page="/",
        why="You get this mail because an account with this address was deleted at {{ host }}. It is the last one.",
    ),
    MailKind.LEFT_OUT: Words(
        subject="{{ bytes | size }} of your workspace could not be saved",
        paragraphs=(
            "Your session has ended, and your plan's storage had no room for everything."
            " {% if count == '1' %}One of your own files or folders, {{ bytes | size }}, is"
            "{% else %}{{ count | number }} of your own files and folders, together {{ bytes | size }}, are{% endif %}"
            " not in the last snapshot. Whatever is in the snapshot is safe.",
            "{% if not until %}There was no room to keep {% if count == '1' %}it{% else %}them{% endif %} beside the"
            " snapshot either. Earlier snapshots may have an older version."
            "{% else %}{% if kept == bytes %}What is missing{% else %}Of what is missing, {{ kept | size }}{% endif %}"
            " is kept beside the snapshot until {{ until | day }}: you can download it from the history, or bring it"
            " back once there is room.{% if kept != bytes %} There was no room to keep the rest; earlier snapshots may"
            " have an older version of it.{% endif %}{% endif %} To have everything saved next time, delete something,"
            " or choose a plan with more storage.",
        ),
        button="See what is missing",
        page="/history",
    ),
    MailKind.INVITATION: Words(
        subject="You are invited to the team “{{ team | named }}”",
        paragraphs=(
            "{% if by %}{{ by | named }} invites you{% else %}You are invited{% endif %} to the team"
            " “{{ team | named }}” on Ondol, VS Code in the browser."
            "{% if role == 'billing' %} You would pay for the team's plan, and need no seat in it.{% else %} Its people"
            " share one plan, and each has a workspace that nobody else sees.{% endif %}",
            "The invitation is for this address alone, and can be accepted until {{ until | day }}. The page says what"
            " changes for you before you accept. If you don't know the team, you need not do anything.",
        ),
        button="See the invitation",
        page="/invitation#{{ token }}",
        why="You get this mail because somebody at {{ host }} has typed this address to invite it.",
    ),
    MailKind.REMOVED: Words(
        subject="You are not in the team “{{ team | named }}” any more",
        paragraphs=(
            "An owner has removed you from the team “{{ team | named }}”. Your workspace, your files and their"
            " history are yours, and have gone with you. If the workspace was open on the team's time, it was saved"
            " and closed.",
            "You can open it again at once, on your own plan. Earlier versions that only the team's plan had kept can"
            " be downloaded for 90 days. Nothing is charged to you for the team.",
        ),
        button="To your workspace",
        page="/",
    ),
    MailKind.TEAM_DELETED: Words(
        subject="The team “{{ team | named }}” was deleted",
        paragraphs=(
            "The team “{{ team | named }}” was deleted, and its subscription has ended: nothing is charged for it any"
            " more.{% if seat %} Your workspace, your files and their history are yours, and have gone with you. If the"
            " workspace was open on the team's time, it was saved and closed.{% else %} Your own workspace and your own"
            " plan stay as they are.{% endif %}",
            "{% if seat %}You can open your workspace again at once, on your own plan. Earlier versions that only the"
            " team's plan had kept can be downloaded for 90 days.{% else %}The payment provider keeps the invoices"
            " for as long as the law says.{% endif %}",
        ),
        button="To your workspace",
        page="/",
    ),
    MailKind.TIME_NEARLY_USED: Words(
        subject="{{ left | length }} of {% if team %}your team's{% else %}your{% endif %} time are left this month",
        paragraphs=(
            "{% if team %}The team “{{ team | named }}” has{% else %}You have{% endif %} used most of this month's time"
            " of the plan {{ plan | plan }}: {{ left | length }} were left when this was written. The next month's time"
            " begins on {{ renews | day }}.",
            "When the time is used up, an open workspace is saved and closed. Nothing is lost, and files can be"
            " downloaded meanwhile. {% if pays %}With a larger plan you can go on at once."
            "{% else %}Whoever pays for the team can choose a larger plan.{% endif %}",
        ),
        button="See what was used",
        page="/usage",
    ),
}

UNSUBSCRIBE = "No more mails about time that is nearly used"
WHY = "You get this mail because you have an account at {{ host }}."
