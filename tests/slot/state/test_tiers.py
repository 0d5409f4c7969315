"""Which tier a path belongs to."""

import pytest
from agent.home.tiers import BOOT, DEPS, LARGE, NEVER, RULES, WORK, of_file, of_folder


def tier_of(path: str, size: int = 10, venvs: tuple[str, ...] = ()) -> str:
    """As a walk from the top of the home decides it."""
    above, names = WORK, path.split("/")
    for depth in range(1, len(names)):
        folder = "/".join(names[:depth])
        above = of_folder(folder, above, is_venv=folder in venvs)
    return of_file(path, above, size)


@pytest.mark.parametrize(
    ("path", "tier"),
    [
        ("notes.txt", WORK),
        ("project/.git/HEAD", WORK),
        ("project/src/main.py", WORK),
        ("project/node_modules/left-pad/index.js", DEPS),
        ("node_modules/x/index.js", DEPS),
        (".bashrc", BOOT),
        (".ssh/id_ed25519", BOOT),
        (".config/git/config", BOOT),
        (".local/bin/tool", WORK),
        (".local/lib/python3.11/site-packages/six.py", DEPS),
        (".local/lib/node_modules/npm/x.js", DEPS),
        (".local/share/code-server/User/settings.json", BOOT),
        (".local/share/code-server/User/History/1/a.txt", WORK),
        (".local/share/code-server/extensions/a.b-1.0.0/package.json", DEPS),
        (".local/share/code-server/logs/1/a.log", NEVER),
        (".local/share/code-server/heartbeat", NEVER),
        (".cache/pip/x", NEVER),
        (".npm/_logs/x", NEVER),
        ("project/.cache/kept", WORK),
        ("project/.local/lib/kept", WORK),
        ("go/pkg/mod/x", DEPS),
        ("go/src/x", WORK),
    ],
)
def test_tier(path: str, tier: str) -> None:
    assert tier_of(path) == tier


STORES = (
    *(".bun/install/cache/a", ".local/share/pnpm/store/v10/a", "p/.pnpm-store/v10/a", ".yarn/berry/cache/a.zip"),
    *(
        ".local/share/uv/tools/ruff/a",
        ".local/share/pipx/venvs/a",
        ".local/pipx/venvs/a",
        ".local/share/virtualenvs/a/b",
    ),
    *(".conda/pkgs/a", "miniconda3/lib/a", ".pyenv/versions/3.12/a", ".cargo/registry/cache/a", ".cargo/git/db/a"),
    *(".rustup/toolchains/stable/a", "go/pkg/mod/cache/a", ".gradle/caches/modules-2/a", ".gradle/wrapper/dists/a"),
    *(".m2/repository/a.jar", ".m2/wrapper/dists/a", ".ivy2/cache/a", ".sbt/boot/a", ".konan/dependencies/a"),
    *(".nvm/versions/node/v22/a", ".volta/tools/image/a", ".local/share/fnm/a", ".local/share/mise/installs/a"),
    *(".asdf/installs/a", ".sdkman/candidates/java/a", ".deno/a", ".gem/ruby/a", ".local/share/gem/ruby/a"),
    *(".bundle/cache/a", ".rbenv/versions/3.4/a", ".nuget/packages/a", ".dotnet/sdk/a", ".composer/cache/a"),
    *(".pub-cache/hosted/a", ".hex/packages/a", ".stack/pantry/a", ".cabal/store/a", ".cabal/packages/a"),
    *(".ghcup/ghc/a", ".opam/default/a", ".julia/packages/a", ".ollama/models/blobs/a"),
)
KEPT = {
    **dict.fromkeys((".cargo/config.toml", ".cargo/bin/a", ".m2/settings.xml", ".gradle/gradle.properties"), WORK),
    **dict.fromkeys((".nvm/nvm.sh", ".pyenv/version", ".bundle/config", ".nuget/config", ".cabal/config"), WORK),
}


@pytest.mark.parametrize("path", STORES)
def test_what_a_package_manager_downloads_is_deps_whatever_its_size(path: str) -> None:
    assert {tier_of(path), tier_of(path, size=LARGE + 1)} == {DEPS}


@pytest.mark.parametrize(("path", "tier"), KEPT.items())
def test_what_the_member_wrote_beside_a_package_store_is_not_deps(path: str, tier: str) -> None:
    assert tier_of(path) == tier


def test_every_listed_store_of_the_home_is_tried() -> None:
    listed = {rule.pattern for rule in RULES if rule.tier == DEPS and not rule.pattern.startswith("**/")}
    untried = {each for each in listed if not any(path.startswith(each + "/") for path in STORES)}
    assert untried == {".local/lib", ".local/share/code-server/extensions"}, "these two are above"


def test_a_virtual_environment_is_known_by_what_is_in_it() -> None:
    assert tier_of("project/anything/lib/x.py", venvs=("project/anything",)) == DEPS
    assert tier_of("project/venv/lib/x.py") == WORK


def test_a_large_file_never_stands_between_the_member_and_the_editor() -> None:
    assert tier_of(".dump", size=LARGE + 1) == WORK


def test_what_is_deps_stays_so_whatever_is_in_it() -> None:
    assert tier_of("project/node_modules/.config/x") == DEPS
    assert tier_of("project/node_modules/a/node_modules/b/x") == DEPS
    assert tier_of(".local/share/code-server/extensions/.config/x") == DEPS
    assert tier_of(".cache/node_modules/x") == NEVER


def test_what_the_editor_must_know_before_it_opens_is_there_by_then() -> None:
    """An empty list of extensions, or a window without tabs, would be saved in place of what was missed."""
    assert tier_of(".local/share/code-server/extensions/extensions.json") == BOOT
    assert tier_of(".local/share/code-server/extensions/a.b-1/extensions.json") == DEPS
    assert tier_of(".local/share/code-server/window/4.139.jsonl.gz", size=3 * LARGE) == BOOT
