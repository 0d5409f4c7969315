"""The tables of docs/security.md are those of the table of resources."""

from deploy.documents import SECURITY, identities_table, roles_table, written
from deploy.resources.identities import PARTS, account_name, functions


def test_the_document_is_as_make_docs_writes_it() -> None:
    assert SECURITY.read_text() == written(SECURITY)
    assert identities_table() in SECURITY.read_text()
    assert roles_table() in SECURITY.read_text()


def test_every_identity_is_in_the_document() -> None:
    table = identities_table()
    for identity in (*functions(), *PARTS):
        assert f"| `{account_name(identity)}` |" in table
