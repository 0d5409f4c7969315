"""Decides which tier of a snapshot a path of the home belongs to, and what is never saved, by names and sizes alone.

Tiers are restored in this order: the editor's needs, the member's work, then what a tool can build again.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass

BOOT, WORK, DEPS = "boot", "work", "deps"
TIERS = (BOOT, WORK, DEPS)
NEVER = "never"

# Bytes of one file of the boot tier, and of the whole tier: the member waits for the boot tier before the editor opens.
LARGE = 1_000_000
MOST_BOOT = 8_000_000

CACHE = ".cache"
STAGING = f"{CACHE}/.ondol-restoring"
"""Where tiers are unpacked: on the home's own file system, so that they can be renamed into place. STAGING is never
saved nor restored, whatever `.ondolignore` says."""

EDITOR_DATA = ".local/share/code-server"
# The editor reads the window before it opens, so the window is in the boot tier whatever its size: a missing window
# would be saved as empty.
WINDOW = f"{EDITOR_DATA}/window/"


@dataclass(frozen=True)
class Rule:
    """`pattern` is a whole path, relative to the home; or `**/` and a name, in any folder; or `.*` or `*`, for the
    entries at the top of the home."""

    pattern: str
    tier: str
    reason: str


# The rule for a path applies to the path and everything below it, up to the next rule.
RULES = (
    Rule(CACHE, NEVER, "caches: their tools fill them again"),
    Rule(".npm", NEVER, "npm's cache and logs; what npm installs is elsewhere"),
    Rule(f"{EDITOR_DATA}/logs", NEVER, "logs of this container's editor"),
    Rule(f"{EDITOR_DATA}/coder-logs", NEVER, "logs of this container's editor"),
    Rule(f"{EDITOR_DATA}/heartbeat", NEVER, "touched every minute, means nothing afterwards"),
    Rule(f"{EDITOR_DATA}/CachedExtensionVSIXs", NEVER, "downloads, already unpacked into the extensions"),
    Rule(f"{EDITOR_DATA}/CachedProfilesData", NEVER, "derived from the profiles by the editor"),
    Rule(f"{EDITOR_DATA}/extensions", DEPS, "the editor can install them again"),
    Rule(f"{EDITOR_DATA}/extensions/extensions.json", BOOT, "an editor that finds none writes an empty one"),
    Rule(".local/lib", DEPS, "pip install --user and npm install -g put packages here"),
    Rule(".cargo/registry", DEPS, "crates, downloaded by cargo"),
    Rule(".cargo/git", DEPS, "crates, downloaded by cargo"),
    Rule(".rustup", DEPS, "toolchains, downloaded by rustup"),
    Rule("go/pkg", DEPS, "modules, downloaded by go"),
    Rule(".bun/install", DEPS, "bun's store: the files of node_modules have their other names here"),
    Rule(".yarn", DEPS, "packages, downloaded by yarn"),
    Rule(".deno", DEPS, "modules, downloaded by deno"),
    Rule(".local/share/uv", DEPS, "tools and Pythons, installed by uv"),
    Rule(".local/share/pipx", DEPS, "tools, installed by pipx"),
    Rule(".local/pipx", DEPS, "tools, installed by pipx"),
    Rule(".local/share/virtualenvs", DEPS, "environments, made by pipenv"),
    Rule(".local/share/fnm", DEPS, "Node versions, downloaded by fnm"),
    Rule(".local/share/mise", DEPS, "tools, downloaded by mise"),
    Rule(".local/share/gem", DEPS, "gems, downloaded by gem"),
    Rule(".conda/pkgs", DEPS, "packages, downloaded by conda"),
    Rule("miniconda3", DEPS, "Python and its packages, installed by conda"),
    Rule(".gem", DEPS, "gems, downloaded by gem"),
    Rule(".bundle/cache", DEPS, "gems, downloaded by bundler"),
    Rule(".rbenv/versions", DEPS, "Ruby versions, built by rbenv"),
    Rule(".sdkman/candidates", DEPS, "tools, downloaded by SDKMAN"),
    Rule(".volta/tools", DEPS, "Node versions, downloaded by Volta"),
    Rule(".asdf/installs", DEPS, "tools, downloaded by asdf"),
    Rule(".nuget/packages", DEPS, "packages, downloaded by NuGet"),
    Rule(".dotnet", DEPS, "the SDK, downloaded by its installer"),
    Rule(".composer/cache", DEPS, "packages, downloaded by Composer"),
    Rule(".ivy2", DEPS, "artifacts, downloaded by Ivy and sbt"),
    Rule(".sbt", DEPS, "artifacts, downloaded by sbt"),
    Rule(".konan", DEPS, "compilers, downloaded by Kotlin"),
    Rule(".pub-cache", DEPS, "packages, downloaded by Dart"),
    Rule(".hex", DEPS, "packages, downloaded by Hex"),
    Rule(".stack", DEPS, "compilers and packages, downloaded by Stack"),
    Rule(".cabal/store", DEPS, "packages, built by cabal"),
    Rule(".cabal/packages", DEPS, "packages, downloaded by cabal"),
    Rule(".ghcup", DEPS, "compilers, downloaded by GHCup"),
    Rule(".opam", DEPS, "compilers and packages, built by opam"),
    Rule(".julia", DEPS, "packages, downloaded by Julia"),
    Rule(".ollama/models", DEPS, "models, downloaded by Ollama"),
    Rule(".nvm/versions", DEPS, "Node versions, downloaded by nvm"),
    Rule(".pyenv/versions", DEPS, "Python versions, built by pyenv"),
    Rule(".local/share/pnpm", DEPS, "pnpm's store: the files of node_modules have their other names here"),
    Rule(".m2/repository", DEPS, "artifacts, downloaded by Maven"),
    Rule(".m2/wrapper", DEPS, "Maven itself, downloaded by its wrapper"),
    Rule(".gradle/caches", DEPS, "artifacts, downloaded by Gradle"),
    Rule(".gradle/wrapper", DEPS, "Gradle itself, downloaded by its wrapper"),
    Rule("**/node_modules", DEPS, "npm can install them again"),
    Rule("**/.pnpm-store", DEPS, "pnpm's store, where the home's is on another file system"),
    Rule(f"{EDITOR_DATA}/User/settings.json", BOOT, "an editor that finds none goes by its own"),
    Rule(f"{EDITOR_DATA}/User/keybindings.json", BOOT, "an editor that finds none goes by its own"),
    Rule(f"{EDITOR_DATA}/User/History", WORK, "earlier versions of files: large, and shown only on demand"),
    Rule(EDITOR_DATA, BOOT, "settings, layout and history of the editor"),
    Rule(".config", BOOT, "settings of the member's tools"),
    Rule(".config/git", BOOT, "git's settings"),
    Rule(".ssh", BOOT, "keys and known hosts"),
    Rule(".gnupg", BOOT, "keys"),
    Rule(".*", BOOT, "dot files at the top of the home are settings"),
    Rule("*", WORK, "everything else is the member's work"),
)

# Folders that a rule above would put into `boot` as a whole, while deeper rules divide their content.
_SPLIT = (
    *(".local", ".local/share", ".cargo", ".nvm", ".pyenv", ".m2", ".gradle", ".bun", ".conda", ".bundle", ".rbenv"),
    *(".sdkman", ".volta", ".asdf", ".nuget", ".composer", ".cabal", ".ollama"),
)

# Files that git and shells need as soon as the editor is open: they get room in `boot` before others.
_FIRST = {
    *(".gitconfig", ".git-credentials", ".netrc", ".npmrc", ".ondolignore"),
    *(".bashrc", ".bash_profile", ".bash_aliases", ".profile", ".inputrc", ".zshrc", ".zprofile", ".vimrc"),
}
_FIRST_FOLDERS = (".ssh/", ".gnupg/", ".config/git/", f"{EDITOR_DATA}/User/snippets/")

# Files that the editor would replace by empty ones if they were restored after it opened.
_NEEDED = {rule.pattern for rule in RULES if rule.tier == BOOT and rule.pattern.endswith(".json")}

# The file that marks its folder as a virtual environment of Python.
VENV_MARK = "pyvenv.cfg"

_EXACT = {rule.pattern: rule.tier for rule in RULES if "*" not in rule.pattern} | dict.fromkeys(_SPLIT, WORK)
_ANYWHERE = {rule.pattern[3:]: rule.tier for rule in RULES if rule.pattern.startswith("**/")}

_RULED_FOLDERS = {pattern.rpartition("/")[0] for pattern in _EXACT}
NAMES_ANYWHERE = frozenset(name.encode() for name in _ANYWHERE)
"""Names to which a rule gives a tier in any folder."""

Overruled = Callable[[str, bool], str | None]
"""The member's rule for (path, whether it is a folder): a tier, NEVER, or None for no rule."""


def of_folder(path: str, above: str, *, is_venv: bool = False, overruled: Overruled | None = None) -> str:
    """The tier of a folder and, unless a deeper rule says otherwise, of everything in it. `above` is the parent's
    tier."""
    member_tier = overruled(path, True) if overruled else None
    if member_tier is not None:
        return member_tier
    if above in (NEVER, DEPS):
        return above
    return DEPS if is_venv else _tier_by_rules(path, above)


def is_plain(folder: str, above: str) -> bool:
    """Whether all files in a folder of the tier `above` are of that tier, except for NAMES_ANYWHERE and for the
    member's rules. Most folders are plain, so their files need no look-up one by one."""
    return above in (WORK, DEPS) and folder not in _RULED_FOLDERS


def of_file(path: str, above: str, size: int, *, overruled: Overruled | None = None) -> str:
    """The tier of a file or symlink of `size` bytes in a folder of the tier `above`."""
    tier = overruled(path, False) if overruled else None
    if tier is None:
        tier = _EXACT.get(path, DEPS) if above == DEPS else above if above == NEVER else _tier_by_rules(path, above)
    return WORK if tier == BOOT and size > LARGE and not is_needed(path) else tier


def is_needed(path: str) -> bool:
    """Whether a file of the boot tier must stay there, even when the tier is full."""
    return path in _NEEDED or path.startswith(WINDOW)


def comes_first(path: str) -> bool:
    """Whether a file of the boot tier gets room there before others."""
    return path in _FIRST or path.startswith(_FIRST_FOLDERS) or is_needed(path)


def of_linked(among: Set[str]) -> str:
    """The one tier of a file that has names in several tiers: a file in two tiers would be restored as two files. A
    file shared with work is work, which the member can't get again. A file that packages share with settings belongs to
    a package store."""
    if DEPS not in among:
        return BOOT
    return WORK if WORK in among else DEPS


def _tier_by_rules(path: str, above: str) -> str:
    folder, _, name = path.rpartition("/")
    tier = _EXACT.get(path) or _ANYWHERE.get(name)
    if tier is not None:
        return tier
    if folder:
        return above
    return BOOT if name.startswith(".") else WORK
