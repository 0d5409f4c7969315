"""The tables of docs/security.md are those of the table of resources, and docs/operating.md knows every secret."""

import re

from deploy.documents import SECURITY, identities_table, roles_table, written
from deploy.resources.identities import PARTS, account_name, functions
from deploy.resources.secrets import SECRETS, secret_id
from deploy.resources.sign_in import GITHUB_SECRET
from tests.support.checkout import ROOT


def test_the_document_is_as_make_docs_writes_it() -> None:
    assert SECURITY.read_text() == written(SECURITY)
    assert identities_table() in SECURITY.read_text()
    assert roles_table() in SECURITY.read_text()


def test_every_identity_is_in_the_document() -> None:
    table = identities_table()
    for identity in (*functions(), *PARTS):
        assert f"| `{account_name(identity)}` |" in table


def test_who_moves_to_another_region_is_told_what_becomes_of_each_secret() -> None:
    part = (ROOT / "docs/operating.md").read_text().partition("## Move to another region")[2].partition("\n## ")[0]
    told = {word for row in re.findall(r"^ *\| (`.*?) \|", part, re.MULTILINE) for word in re.findall("`(.*?)`", row)}
    assert told == {*map(secret_id, SECRETS), GITHUB_SECRET}
