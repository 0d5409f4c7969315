"""The Cloud Run stand-in runs the whole file system of a built image, and nothing of this machine's system with it."""

from pathlib import Path

from local.run.container import Image
from tests.support.checkout import ROOT

RUNTIME = ROOT / "workspace-image/runtime.toml"


def binds(words: list[str]) -> list[tuple[str, str]]:
    return [(words[at + 1], words[at + 2]) for at, word in enumerate(words) if word.startswith("--ro-bind")]


def test_a_whole_file_system_is_the_containers_root_and_the_machine_gives_its_names_alone(tmp_path: Path) -> None:
    (tmp_path / "opt/ondol").mkdir(parents=True)
    words = Image(tmp_path, RUNTIME).command({}, 3)
    assert binds(words) == [
        (str(tmp_path), "/"),
        ("/etc/hosts", "/etc/hosts"),
        ("/etc/resolv.conf", "/etc/resolv.conf"),
    ]
    assert words.index("--ro-bind") < words.index("--proc") < words.index("--tmpfs"), "a later mount covers an earlier"
    assert "--symlink" not in words


def test_an_installed_image_runs_with_the_system_of_this_machine(tmp_path: Path) -> None:
    found = binds(Image(tmp_path, RUNTIME).command({}, 3))
    assert ("/usr", "/usr") in found
    assert (str(tmp_path), "/opt/ondol") in found
    assert "/" not in dict(found).values()
