"""The editor's own files: from nginx, compressed when the image was built, and kept by the browser for good."""

import gzip
import json

import pytest
import zstandard

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
    ("accepted", "suffix"),
    [
        ("gzip, deflate, br, zstd", ".zst"),
        ("zstd;q=0.5, gzip", ".zst"),
        ("gzip;q=0.5, ZSTD;q=1.0", ".zst"),
        ("gzip, zstd;q=0", ".gz"),
        ("gzip, zstd;q=0.000", ".gz"),
        ("gzip, notzstd", ".gz"),
        ("gzip, zstd-dict", ".gz"),
        ("identity", ""),
    ],
)
def test_a_large_script_comes_in_the_smallest_form_that_the_browser_takes(
    standing: Member, accepted: str, suffix: str
) -> None:
    answer = standing.get(WORKBENCH, **{"Accept-Encoding": accepted})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers.get("Content-Encoding", "") == {".zst": "zstd", ".gz": "gzip", "": ""}[suffix]
    script = EDITOR / "out/vs/code/browser/workbench/workbench.js"
    assert int(answer.headers["Content-Length"]) == script.with_name(script.name + suffix).stat().st_size
    packed = script.with_name(script.name + ".zst").read_bytes()
    assert zstandard.decompress(packed, max_output_size=script.stat().st_size) == script.read_bytes()


def test_a_small_script_is_served_to_a_browser_that_takes_zstd(standing: Member) -> None:
    small = "out/vs/workbench/services/keybinding/browser/keyboardLayouts/layout.contribution.linux.js"
    answer = standing.get(f"{STATIC}/{small}", **{"Accept-Encoding": "gzip, zstd"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert answer.content == (EDITOR / small).read_bytes()


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
