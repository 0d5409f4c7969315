"""The editor's own files: from nginx, compressed when the image was built, and kept by the browser for good."""

import gzip
import json

import pytest

from tests.support.slot.container import PREFIX
from tests.support.slot.member import Member

EDITOR = PREFIX / "node/node_modules/code-server/lib/vscode"
STATIC = f"/stable-{json.loads((EDITOR / 'product.json').read_text())['commit']}/static"
WORKBENCH = f"{STATIC}/out/vs/code/browser/workbench/workbench.js"


def test_a_browser_gets_the_editor_as_it_was_compressed_and_keeps_it(standing: Member) -> None:
    answer = standing.get(WORKBENCH, **{"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    packed = EDITOR / "out/vs/code/browser/workbench/workbench.js.gz"
    assert int(answer.headers["Content-Length"]) == packed.stat().st_size
    plain = standing.get(WORKBENCH, **{"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.content == gzip.decompress(packed.read_bytes()) == answer.content


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/out/vs/code/browser/workbench/workbench.css", 200),
        ("/out/media/code-icon.svg", 200),
        ("/out/none.js", 404),
        ("/out/../../../../package.json", 404),
        ("/..%2f..%2fpackage.json", 400),
    ],
)
def test_only_the_editors_own_files_are_there(standing: Member, path: str, status: int) -> None:
    assert standing.get(STATIC + path).status_code == status


def test_a_library_that_is_not_there_is_said_to_be_empty(standing: Member) -> None:
    answer = standing.get(f"{STATIC}/node_modules/vsda/rust/web/vsda.js")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/javascript")


def test_whoever_was_not_let_in_gets_none_of_it(standing: Member) -> None:
    cookie, standing.cookie = standing.cookie, None
    try:
        assert standing.get(WORKBENCH).status_code == 401
    finally:
        standing.cookie = cookie
