"""`~/.ondolignore`: its patterns match what the library's match, but faster."""

from unicodedata import normalize

import pytest
from agent.home.ondolignore import Pattern, read
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pathspec.patterns.gitignore.basic import GitIgnoreBasicPattern

pieces = st.sampled_from(["a", "b", "ab", "*", "**", "/", "/**/", "**/", "/**", "?", "[ab]", "[a-c]", "[", "\\*", "."])
names = st.text("ab.*[", min_size=1, max_size=5)


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.lists(pieces, min_size=1, max_size=8), st.lists(names, min_size=1, max_size=6), st.booleans())
def test_it_fits_what_the_librarys_own_fits(pieces: list[str], names: list[str], is_folder: bool) -> None:
    line = "".join(pieces)
    try:
        wanted = GitIgnoreBasicPattern(line)
    except ValueError:
        with pytest.raises(ValueError):
            Pattern(line)
        return
    assume(wanted.include)
    path = "/".join(names) + ("/" if is_folder else "")
    assert (Pattern(line).match_file(path) is None) == (wanted.match_file(path) is None)


LONG = "/".join(["a" * 255] * 250)
DEEP = "/".join(["a"] * 400)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("*a" * 8 + "b", "a" * 255),
        ("*a" * 8 + "b", LONG),
        ("*a*/" * 4 + "x", f"{LONG}/y"),
        ("*a*a/" * 4 + "x", f"{LONG}/y"),
        ("**/a/**/a/**/a/**/b", DEEP),
        ("**/*a*/**/*a*/x", LONG),
        ("**/*[!b]*/**/*[!b]*/x", LONG),
        ("*" + "a" * 60_000 + "*b", LONG),
    ],
    ids=lambda text: text[:30],
)
def test_a_path_that_does_not_fit_is_no_work(line: str, path: str) -> None:
    """An expression that tries all ways to share these names among the stars takes longer than anybody waits."""
    ignore = read(line.encode())
    assert ignore is not None
    assert ignore(path, is_folder=False) is None


MAC, KEYBOARD = (normalize(form, "자료/한글.txt") for form in ("NFD", "NFC"))


@pytest.mark.parametrize(("line", "path"), [(KEYBOARD, MAC), (MAC, KEYBOARD), ("한*.txt", MAC), (f"deps: {MAC}", MAC)])
def test_a_name_from_a_mac_fits_what_a_keyboard_types(line: str, path: str) -> None:
    ignore = read(line.encode())
    assert ignore is not None
    assert ignore(path, is_folder=False) is not None
    assert ignore("자료/다른.txt", is_folder=False) is None
