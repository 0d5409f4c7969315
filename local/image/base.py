"""The base of the slot's image: Docker's `debian:bookworm-slim`, or one from Debian's packages where no registry is."""

import subprocess
from pathlib import Path

from local.image.store import Store
from local.problem import Problem

NAME = "debian:bookworm-slim"
PULLED = f"docker.io/library/{NAME}"
MADE = f"localhost/{NAME}"
PULL_SECONDS = 120
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MIRROR = "http://deb.debian.org/debian"
SOURCES = """\
Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.debian.org/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""
"""Those of Docker's image. The mirror of the machine that builds is not written into the image."""

SLIM = """\
# as in Docker's slim images: no manuals and no translations; licences stay
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/groff/*
path-exclude /usr/share/info/*
path-exclude /usr/share/linda/*
path-exclude /usr/share/lintian/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
"""
UNNEEDED = """
find usr/share/doc -type f ! -name copyright -delete
find usr/share/doc -depth -type d -empty -delete
rm -rf usr/share/groff/* usr/share/info/* usr/share/lintian/* usr/share/locale/* usr/share/man/*
rm -rf var/lib/apt/lists/* var/cache/apt/* var/cache/debconf/*-old var/log/*
"""


def prepare(store: Store, how: str) -> str:
    """The name of the base by which the Dockerfile finds it. `how` is "pull", "debootstrap", or "any": what is there,
    else what can be pulled, else one that debootstrap makes.

    Raises Problem.
    """
    if how in ("any", "pull") and (store.has(PULLED) or _pull(store)):
        return PULLED
    if how == "pull":
        raise Problem(f"{PULLED} cannot be pulled here", "make image BASE=debootstrap")
    if how == "any":
        print(f"{PULLED} cannot be pulled here: the base is made by debootstrap (minbase) instead.", flush=True)
    if not store.has(MADE):
        _debootstrap(store)
    return MADE


def _pull(store: Store) -> bool:
    try:
        policy = store.signature_policy()
        store.read("pull", "--quiet", "--signature-policy", policy, PULLED, timeout=PULL_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    return True


def _debootstrap(store: Store) -> None:
    container = store.read("from", "scratch")
    try:
        root = Path(store.read("mount", container))
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", root, MIRROR], check=True, timeout=1800)
        (root / "etc/apt/sources.list").unlink()
        (root / "etc/apt/sources.list.d/debian.sources").write_text(SOURCES)
        (root / "etc/dpkg/dpkg.cfg.d/docker").write_text(SLIM)
        for of_this_machine in ("etc/hostname", "etc/resolv.conf", "etc/machine-id"):
            (root / of_this_machine).unlink(missing_ok=True)
        subprocess.run(["sh", "-e", "-c", UNNEEDED], cwd=root, check=True, timeout=300)
        store.run(
            "config",
            "--cmd",
            "bash",
            "--env",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            container,
        )
        store.run("commit", "--quiet", "--signature-policy", store.signature_policy(), container, MADE)
    finally:
        store.read("rm", container)
