"""The front's nginx configuration, made from the tables that the deployment reads too.

`write` puts `nginx.conf` and `config.json` into a folder, which must exist; then start, as root or not,

    nginx -p FOLDER -e stderr -c FOLDER/nginx.conf

It stays in the foreground, listens on 127.0.0.1 only and keeps all it writes (pid, temporary files, access log) in
FOLDER. SIGTERM ends it at once, SIGQUIT when its open requests are answered.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

ROOT = Path(__file__).parents[2]
TEMPLATE = Path(__file__).with_name("nginx.conf.template")


@dataclass(frozen=True)
class Front:
    """Where the front listens and what stands behind it; every port is one of 127.0.0.1."""

    port: int
    gateway_port: int
    function_ports: Mapping[str, int]
    """By the function's name, one for each in functions.toml."""
    auth_emulator_port: int
    slot_ingress_port: int
    """Slots are `http://{slot}.localhost` at this port."""
    project: str
    version: str
    """What the page says that it is."""
    web_root: Path = ROOT / "build/web"

    @property
    def origin(self) -> str:
        """The page's one origin."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def auth_emulator(self) -> str:
        return f"http://127.0.0.1:{self.auth_emulator_port}"

    @property
    def slot_origins(self) -> str:
        return f"http://*.localhost:{self.slot_ingress_port}"


def write(folder: Path, front: Front) -> Path:
    """Write the configuration and what it refers to into `folder`; returns its path.

    Raises ValueError if a function of functions.toml has no port.
    """
    functions = tomllib.loads((ROOT / "functions/functions.toml").read_text())
    firebase = json.loads((ROOT / "firebase.json").read_text())
    config = folder / "config.json"
    config.write_text(render_config(front))
    target = folder / "nginx.conf"
    target.write_text(render(front, functions, firebase, config))
    return target


def render_config(front: Front) -> str:
    """What the page reads at /config.json. The Auth emulator takes any key."""
    firebase = {"apiKey": "local", "authDomain": f"{front.project}.firebaseapp.com", "projectId": front.project}
    return json.dumps({"firebase": firebase, "authEmulator": front.auth_emulator, "version": front.version})


def render(front: Front, functions: Mapping[str, Mapping[str, Any]], firebase: Mapping[str, Any], config: Path) -> str:
    """nginx's configuration. `functions` is functions.toml's table, `firebase` is firebase.json."""
    missing = functions.keys() - front.function_ports.keys()
    if missing:
        raise ValueError(f"functions without a port: {', '.join(sorted(missing))}")
    browser = [name for name, function in functions.items() if function["browser"]]
    return Template(TEMPLATE.read_text()).substitute(
        # its workers would be nobody, who may not read a page under root's own home
        user="user root;" if os.geteuid() == 0 else "",
        port=front.port,
        origin=front.origin,
        gateway_port=front.gateway_port,
        web_root=_quoted(str(front.web_root)),
        config=_quoted(str(config.resolve())),
        headers="\n".join(
            f"        add_header {name} {_quoted(value)} always;" for name, value in _headers(front, firebase).items()
        ),
        api="\n".join(_proxy(f"/api/{name}", front.function_ports[name], functions[name]) for name in browser),
        gateway="\n".join(_proxy(f"/{name}", front.function_ports[name], functions[name]) for name in functions),
        not_found=_problem("not-found", "There is no such thing", 404, "The page calls something that does not exist."),
        too_large=_problem("bad-request", "The request can't be understood", 413, "The body is larger than 64 KiB."),
        unavailable=_problem(
            "unavailable", "A part of Ondol can't be reached", 503, "This function does not answer. Try again."
        ),
    )


def _headers(front: Front, firebase: Mapping[str, Any]) -> dict[str, str]:
    """The page's headers as Firebase Hosting sends them, but for the addresses in the content security policy."""
    (everywhere,) = (rule for rule in firebase["hosting"]["headers"] if rule["source"] == "**")
    headers = {header["key"]: header["value"] for header in everywhere["headers"]}
    policy = dict(directive.split(" ", 1) for directive in headers["Content-Security-Policy"].split("; "))
    policy |= {
        "script-src": "'self'",
        "connect-src": f"'self' {front.auth_emulator}",
        "frame-src": "'none'",
        "form-action": front.slot_origins,
    }
    headers["Content-Security-Policy"] = "; ".join(f"{name} {sources}" for name, sources in policy.items())
    return headers


def _proxy(path: str, port: int, function: Mapping[str, Any]) -> str:
    # five seconds more than the function's own, so that it is the one to say that it took too long
    return f"""
        location = {path} {{
            proxy_pass http://127.0.0.1:{port};
            proxy_read_timeout {function["timeout"] + 5}s;
        }}"""


def _problem(name: str, title: str, status: int, detail: str) -> str:
    problem = {"type": f"https://ondol.dev/problems/{name}", "title": title, "status": status, "detail": detail}
    return json.dumps(problem).replace("'", "\\'")


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
