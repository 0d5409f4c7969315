"""What a build is lent of this machine: the way to the registries of apt, pip and npm. All of it is mounted while a
step runs, and none of it is in a layer."""

import platform
import shutil
import subprocess
from pathlib import Path

AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
NPM_FILES = (Path.home() / ".npmrc", Path("/etc/npmrc"), Path("/usr/etc/npmrc"), Path("/usr/local/etc/npmrc"))
PIP_KEYS = ("index-url", "extra-index-url", "trusted-host", "proxy")
NPM_KEYS = ("registry", "proxy", "https-proxy", "noproxy")


def volumes(folder: Path) -> list[str]:
    """buildah's words for the mounts, for which `folder` is filled. Part of it is the home of root in the build: the
    settings of pip and npm are there, and so are the packages that they downloaded, for the next build."""
    home, apt = folder / "home", folder / "apt"
    (home / ".config/pip").mkdir(parents=True, exist_ok=True)
    (home / "ca.pem").write_bytes(AUTHORITIES.read_bytes())
    (home / ".config/pip/pip.conf").write_text(_pip())
    (home / ".npmrc").write_text(_npm())
    mounts = [f"{home}:/root"]
    system = platform.freedesktop_os_release()
    if system.get("VERSION_CODENAME") == "bookworm":
        # sources, proxies and keys; another release's would mislead. A copy, for an upgrade writes there
        shutil.rmtree(apt, ignore_errors=True)
        shutil.copytree("/etc/apt", apt)
        mounts.append(f"{apt}:/etc/apt")
    return [word for mount in mounts for word in ("--volume", mount)]


def _pip() -> str:
    listed = subprocess.run(["python3", "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    lines = ["[global]", "cert = /root/ca.pem"]
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        key = name.rpartition(".")[2]
        addresses = " ".join(each for each in value.strip("'").split() if not each.startswith(("file:", "/")))
        if key in PIP_KEYS and addresses:
            lines.append(f"{key} = {addresses}")
    return "\n".join(lines) + "\n"


def _npm() -> str:
    lines = ["cafile=/root/ca.pem"]
    for file in NPM_FILES:
        for line in file.read_text().splitlines() if file.exists() else []:
            key = line.partition("=")[0].strip()
            if key in NPM_KEYS or key.endswith(":registry") or key.startswith("//"):
                lines.append(line)
    return "\n".join(lines) + "\n"
