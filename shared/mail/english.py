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
}

WHY = "You get this mail because you have an account at {{ host }}."
