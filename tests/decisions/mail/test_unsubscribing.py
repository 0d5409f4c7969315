"""The link that stops a mail names one member, and was signed for this purpose."""

import base64
import hmac

import pytest

from shared.mail.unsubscribing import InvalidLink, link, reader, token

KEY, OTHER = 32 * "k", 32 * "o"


@pytest.mark.parametrize("uid", ["u-1", "\ub098 b.c_d", 128 * "x"])
def test_it_names_its_member_however_often_it_is_made(uid: str) -> None:
    assert reader(token(uid, KEY), KEY) == uid
    assert link("https://ondol.example", uid, KEY) == f"https://ondol.example/api/unsubscribe?token={token(uid, KEY)}"


def signed_for(purpose: bytes, uid: str = "u-1", key: str = KEY) -> str:
    name = base64.urlsafe_b64encode(uid.encode()).rstrip(b"=").decode()
    return f"{name}.{hmac.new(key.encode(), purpose + uid.encode(), 'sha256').hexdigest()}"


@pytest.mark.parametrize(
    "forged",
    [
        "",
        ".",
        "u-1",
        token("u-1", OTHER),
        token("u-1", KEY)[:-1],
        token("u-1", KEY).upper(),
        token("u-1", KEY) + "\n",
        token("u-2", KEY).partition(".")[0] + "." + token("u-1", KEY).partition(".")[2],
        signed_for(b""),
        signed_for(b"ondol: delete the account of "),
        "_-_-." + 64 * "0",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1LTEifQ.",
    ],
)
def test_no_other_text_is_one(forged: str) -> None:
    with pytest.raises(InvalidLink):
        reader(forged, KEY)
