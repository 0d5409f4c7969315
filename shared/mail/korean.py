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
    MailKind.ACCOUNT_ERASED: Words(
        subject="계정이 삭제되었습니다",
        paragraphs=(
            "요청하신 대로 계정을 삭제했습니다. 파일과 기록, 주소와 이름은 지금 지워지며, 처리 중이던 것이 남지 않도록"
            " 하루 뒤에 한 번 더 모두 지웁니다. 구독은 해지됩니다. 지운 파일은 누구도 되살릴 수 없습니다.",
            "회계에 필요한 것, 곧 사용한 시간과 그 요금은 이름 없이 보관합니다. 청구서는 법이 정한 기간 동안 결제"
            " 회사에 남습니다. 운영 기록의 백업에는 파일이 들어 있지 않으며, 회원님의 기록이 담긴 마지막 백업은 28일"
            " 뒤에 삭제됩니다.",
        ),
        button="Ondol 열기",
        page="/",
        why="{{ host }}에서 이 주소의 계정이 삭제되어 보내 드리는 마지막 메일입니다.",
    ),
    MailKind.LEFT_OUT: Words(
        subject="워크스페이스에서 {{ bytes | size }}를 저장하지 못했습니다",
        paragraphs=(
            "세션이 끝났지만 요금제의 저장 공간이 모자라 모두 저장하지는 못했습니다. 직접 만든 파일과 폴더"
            " {{ count | number }}개({{ bytes | size }})가 마지막 시점에 들어 있지 않습니다. 시점에 담긴 것은"
            " 안전합니다.",
            "{% if not until %}따로 보관할 공간도 없었습니다. 이전 시점에 예전 내용이 남아 있을 수 있습니다.{% else %}"
            "{% if kept == bytes %}저장하지 못한 것은 모두{% else %}그 가운데 {{ kept | size }}는{% endif %}"
            " {{ until | day }}까지 따로 보관합니다. 기록에서 내려받거나, 공간이 생기면 되살릴 수 있습니다."
            "{% if kept != bytes %} 나머지는 보관할 공간이 없었습니다. 이전 시점에 예전 내용이 남아 있을 수 있습니다."
            "{% endif %}{% endif %} 다음에 모두 저장하려면 파일을 지우거나 저장 공간이 더 큰 요금제를 선택해 주세요.",
        ),
        button="저장되지 않은 것 보기",
        page="/history",
    ),
    MailKind.INVITATION: Words(
        subject="'{{ team | named }}' 팀에 초대되었습니다",
        paragraphs=(
            "{% if by %}{{ by | named }} 님이 브라우저에서 쓰는 VS Code, Ondol의 '{{ team | named }}' 팀에"
            " 초대했습니다.{% else %}브라우저에서 쓰는 VS Code, Ondol의 '{{ team | named }}' 팀에 초대되었습니다."
            "{% endif %}{% if role == 'billing' %} 맡을 일은 팀 요금제의 결제이고, 자리는 쓰지 않습니다.{% else %}"
            " 팀원은 요금제 하나를 함께 쓰고, 작업 공간은 각자 따로 써서 서로 볼 수 없습니다.{% endif %}",
            "초대는 이 주소로만, {{ until | day }}까지 받을 수 있습니다. 수락하면 무엇이 달라지는지는 수락하기 전에"
            " 페이지에서 알려 드립니다. 모르는 팀이라면 그냥 두셔도 됩니다.",
        ),
        button="초대 보기",
        page="/invitation#{{ token }}",
        why="{{ host }}에서 누군가 이 주소로 초대를 보내 보내 드리는 메일입니다.",
    ),
    MailKind.REMOVED: Words(
        subject="'{{ team | named }}' 팀에서 나오게 되었습니다",
        paragraphs=(
            "팀 소유자가 회원님을 '{{ team | named }}' 팀에서 내보냈습니다. 작업 공간과 파일, 기록은 회원님의 것이고"
            " 그대로 가지고 나왔습니다. 팀의 시간으로 열려 있던 작업 공간은 저장한 뒤 닫았습니다.",
            "이제 내 요금제로 바로 다시 열 수 있습니다. 팀 요금제로만 보관되던 이전 시점은 90일 동안 내려받을 수"
            " 있습니다. 팀의 요금은 회원님에게 청구되지 않습니다.",
        ),
        button="내 작업 공간으로",
        page="/",
    ),
    MailKind.TEAM_DELETED: Words(
        subject="'{{ team | named }}' 팀이 삭제되었습니다",
        paragraphs=(
            "'{{ team | named }}' 팀이 삭제되고 팀의 구독도 끝났습니다. 팀의 요금은 더 이상 청구되지 않습니다."
            "{% if seat %} 작업 공간과 파일, 기록은 회원님의 것이고 그대로 가지고 나왔습니다. 팀의 시간으로 열려 있던"
            " 작업 공간은 저장한 뒤 닫았습니다.{% else %} 회원님의 작업 공간과 요금제는 그대로입니다.{% endif %}",
            "{% if seat %}이제 내 요금제로 바로 다시 열 수 있습니다. 팀 요금제로만 보관되던 이전 시점은 90일 동안"
            " 내려받을 수 있습니다.{% else %}청구서는 법이 정한 기간 동안 결제 회사에 남습니다.{% endif %}",
        ),
        button="내 작업 공간으로",
        page="/",
    ),
    MailKind.TIME_NEARLY_USED: Words(
        subject="이번 달 {% if team %}팀 {% endif %}사용 시간이 {{ left | length }} 남았습니다",
        paragraphs=(
            "{% if team %}'{{ team | named }}' 팀이{% else %}회원님이{% endif %} {{ plan | plan }} 요금제의 이번 달"
            " 시간을 거의 다 썼습니다. 이 메일을 쓴 시점에 {{ left | length }} 남아 있었습니다. 다음 달 시간은"
            " {{ renews | day }}에 시작됩니다.",
            "시간을 다 쓰면 열려 있는 작업 공간은 저장한 뒤 닫힙니다. 사라지는 것은 없고, 그동안에도 파일을 내려받을 수"
            " 있습니다. {% if pays %}더 큰 요금제로 바꾸면 바로 이어서 쓸 수 있습니다."
            "{% else %}더 큰 요금제는 팀의 요금을 내는 사람이 고를 수 있습니다.{% endif %}",
        ),
        button="사용량 보기",
        page="/usage",
    ),
}

UNSUBSCRIBE = "시간이 얼마 남지 않았다는 메일 그만 받기"
WHY = "{{ host }}에 계정이 있어 보내 드리는 메일입니다."
