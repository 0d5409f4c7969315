"""The words of each kind of mail in Korean."""

from collections.abc import Mapping

from shared.mail.mail import MailKind
from shared.mail.words import Words

LETTERS: Mapping[MailKind, Words] = {
    MailKind.PAYMENT_FAILED: Words(
        subject="{{ plan | plan }} 요금이 결제되지 않았습니다",
        paragraphs=(
            "{{ plan | plan }} 요금제의 결제에 실패했습니다. 아직 달라진 것은 없습니다. {{ until | day }}까지는"
            " 요금제를 그대로 쓸 수 있고, 그동안 결제를 자동으로 다시 시도합니다.",
            "카드가 만료되었거나 바뀌었다면 새 카드를 등록해 주세요. 등록하지 않아도 파일은 지워지지 않습니다.",
        ),
        button="결제 정보 확인하기",
        page="/plans",
    ),
    MailKind.PLAN_ENDED: Words(
        subject="{{ plan | plan }} 요금제가 끝나 {{ now | plan }} 요금제로 바뀌었습니다",
        paragraphs=(
            "{{ plan | plan }} 요금제가 끝나 이제 {{ now | plan }} 요금제를 쓰게 됩니다. 파일은 모두 그대로 있습니다.",
            "{{ now | plan }} 요금제의 한도를 넘는 파일도 {{ until | day }}까지는 열어 보고 내려받을 수 있으며,"
            " 그 뒤에만 삭제됩니다. 더 큰 요금제로 바꾸면 삭제되지 않고 바로 다시 쓸 수 있습니다.",
        ),
        button="파일과 요금제 보기",
        page="/plans",
    ),
    MailKind.KEPT_ENDS: Words(
        subject="{{ until | day }}에 {{ plan | plan }} 요금제에서 보관하던 파일이 삭제됩니다",
        paragraphs=(
            "{{ plan | plan }} 요금제가 끝난 뒤에도 {{ now | plan }} 요금제의 한도를 넘는 큰 파일과 오래된 기록을"
            " 보관해 왔습니다. 이 파일과 기록은 {{ until | day }}에 삭제됩니다.",
            "그전까지는 남은 시간이 없어도 모두 내려받을 수 있습니다. 더 큰 요금제로 바꾸면 계속 보관합니다.",
        ),
        button="내려받거나 요금제 고르기",
        page="/history",
    ),
}

WHY = "{{ host }}에 계정이 있어 보내 드리는 메일입니다."
