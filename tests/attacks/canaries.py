"""What one member may leave behind in a container and in a browser, and how the next one would find it."""

from dataclasses import dataclass

MARK = "canary-8d1f3b"
"""Part of every canary."""


@dataclass(frozen=True)
class Canary:
    """`plant` and `look` run in bash as the member, in the home; `look` prints the mark if the canary is there."""

    plant: str
    look: str


def file(path: str) -> Canary:
    return Canary(f"mkdir -p $(dirname {path}) && echo {MARK} > {path}", f"cat {path}")


def python(plant: str, look: str) -> Canary:
    return Canary(f"python3 -c '{plant}'", f"python3 -c '{look}'")


EDITOR = "~/.local/share/code-server"
STAY = "</dev/null >/dev/null 2>&1 &"
QUEUE = "import ctypes; rt = ctypes.CDLL(None); queue = rt.mq_open"
IN_CONTAINER = {
    "a file": file("~/notes.txt"),
    "a file where temporary ones lie": file("/tmp/canary"),  # noqa: S108  the container's
    "a file where temporary ones stay": file("/var/tmp/canary"),  # noqa: S108  the container's
    "shared memory by name": file("/dev/shm/canary"),  # noqa: S108  the container's
    "a file among the sockets": file("/run/member/canary"),
    "a file by the home's second name": Canary(f"cd /mnt/user-* && echo {MARK} > second", "cat ~/second /mnt/*/second"),
    "a line of the shell's start": Canary(f"echo 'echo {MARK}' >> ~/.bashrc", "bash -ic true"),
    "the environment of a login": Canary(f"echo 'export LEFT={MARK}' >> ~/.profile", "bash -lc 'echo $LEFT'"),
    "the shell's history": file("~/.bash_history"),
    "a mailbox": file("~/mbox"),
    "a service that starts with a login": file("~/.config/systemd/user/canary.service"),
    "a program in the way of another": Canary(
        f"mkdir -p ~/.local/bin && printf '#!/bin/sh\\necho {MARK}\\n' > ~/.local/bin/git && chmod +x ~/.local/bin/git",
        "PATH=$HOME/.local/bin:$PATH git --version",
    ),
    "git's name": Canary(f"/usr/bin/git config --global user.name {MARK}", "/usr/bin/git config --global user.name"),
    "git's password": file("~/.git-credentials"),
    "a key": file("~/.ssh/id_ed25519"),
    "pip's settings": file("~/.config/pip/pip.conf"),
    "pip's cache": file("~/.cache/pip/http/canary"),
    "npm's settings": file("~/.npmrc"),
    "npm's cache": file("~/.npm/_cacache/canary"),
    "an extension of the editor": file(f"{EDITOR}/extensions/canary.canary-1.0.0/package.json"),
    "settings of the editor": file(f"{EDITOR}/User/settings.json"),
    "settings of the editor's machine": file(f"{EDITOR}/Machine/settings.json"),
    "state of the editor": file(f"{EDITOR}/User/globalStorage/canary"),
    "a log of the editor": file(f"{EDITOR}/coder-logs/canary.log"),
    "a process": Canary(
        f"setsid bash -c 'trap \"\" TERM HUP; exec -a {MARK} sleep 5000' {STAY}",
        "pgrep -af '^canary'",
    ),
    "a server": Canary(
        f"mkdir -p served; echo {MARK} > served/canary; setsid python3 -m http.server -d served --bind 127.0.0.1"
        f" {{port}} {STAY}",
        "curl -s --retry 3 --retry-all-errors http://127.0.0.1:{port}/canary",
    ),
    "a socket without a file": Canary(
        'setsid python3 -c "import socket, time; s = socket.socket(socket.AF_UNIX);'
        f" s.bind(chr(0) + '{MARK}'); time.sleep(5000)\" {STAY}",
        "cat /proc/net/unix",
    ),
    "System V shared memory": Canary("ipcmk -M 4096", f"ipcs -m | grep -qw -e member -e 1000 && echo {MARK}"),
    "a System V queue": Canary("ipcmk -Q", f"ipcs -q | grep -qw -e member -e 1000 && echo {MARK}"),
    "a System V semaphore": Canary("ipcmk -S 1", f"ipcs -s | grep -qw -e member -e 1000 && echo {MARK}"),
    "a POSIX queue": python(
        f'{QUEUE}(b"/canary", 66, 0o600, None); assert queue >= 0',
        f'{QUEUE}(b"/canary", 0); print("{MARK}" if queue >= 0 else "")',
    ),
}
"""By what they are. Most die with the container; those that it shares with the machine must not have been there."""

IN_BROWSER = {
    "local storage": (f"localStorage.setItem('canary', '{MARK}')", "localStorage.getItem('canary')"),
    "session storage": (f"sessionStorage.setItem('canary', '{MARK}')", "sessionStorage.getItem('canary')"),
    "a database": (
        f"new Promise(done => {{ indexedDB.open('{MARK}').onsuccess = () => done() }})",
        "indexedDB.databases().then(found => found.map(each => each.name).join())",
    ),
    "a cache": (
        f"caches.open('{MARK}').then(cache => cache.put('/canary', new Response('{MARK}')))",
        "caches.keys().then(found => found.join())",
    ),
    "a cookie": (f"void (document.cookie = 'canary={MARK}; path=/; max-age=100000')", "document.cookie"),
}
"""By what they are: what plants it, and what shows it, as JavaScript on a page of the slot's origin."""
