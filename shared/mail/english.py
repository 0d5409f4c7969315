"""The words of each kind of mail in English."""

from collections.abc import Mapping

from shared.mail.mail import MailKind
from shared.mail.words import Frame, Words

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
    MailKind.ALLOWANCE_NEARLY_USED: Words(
        subject="You have {{ left | duration }} left",
        paragraphs=(
            "Of your plan's time, {{ left | duration }} are left. New time comes on {{ again | day }}.",
            "When the time is used up, your workspace is saved and closed. Your files stay, and can be downloaded.",
        ),
        button="See what used it",
        page="/usage",
    ),
    MailKind.STORAGE_LEFT_OUT: Words(
        subject="Some of your files are not in your last save",
        paragraphs=(
            "Your workspace takes more than the {{ storage | size }} of your plan. So {{ left_out | size }} were left"
            " out of the last save: dependencies first, then the largest files. Everything else is saved.",
            "What was left out is kept apart for 30 days. Delete what you don't need, or choose a larger plan, and it"
            " is saved with the rest again.",
        ),
        button="See what was left out",
        page="/usage",
    ),
    MailKind.BEFORE_ERASING: Words(
        subject="Your account is erased on {{ until | day }}",
        paragraphs=(
            "Your account and all of its files are erased on {{ until | day }}. Nobody can bring them back after that.",
            "Until then you can download all of your files, or keep the account.",
        ),
        button="Download your files",
        page="/history",
    ),
}

FRAME = Frame(
    why="You get this mail because you have an account at {{ host }}.",
    decline="No more mails about time that is nearly used",
)
