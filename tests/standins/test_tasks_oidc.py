"""The issuer of OIDC tokens: one key however many start at once, and tokens that verify as Google's do."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest

from local.oidc import Issuer


def test_two_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "oidc.pem"
    with ThreadPoolExecutor(4) as pool:
        issuers = list(pool.map(lambda _: Issuer.load(path), range(4)))
    assert len({str(issuer.certs()) for issuer in issuers}) == 1
    assert [file.name for file in path.parent.iterdir()] == ["oidc.pem"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_token_verifies_against_the_published_certs(tmp_path: Path) -> None:
    issuer = Issuer.load(tmp_path / "oidc.pem")
    token = issuer.token("invoker@demo.iam.gserviceaccount.com", "http://functions/reclaim")
    [key] = jwt.PyJWKSet.from_dict(issuer.certs()).keys
    claims = jwt.decode(
        token, key, algorithms=["RS256"], audience="http://functions/reclaim", issuer="https://accounts.google.com"
    )
    assert claims["email"] == "invoker@demo.iam.gserviceaccount.com"
    assert claims["email_verified"] is True
    assert claims["exp"] - claims["iat"] == 3600
    assert jwt.get_unverified_header(token)["kid"] == key.key_id


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "oidc.pem").write_text("not a key")
    with pytest.raises(ValueError, match="key"):
        Issuer.load(tmp_path / "oidc.pem")
