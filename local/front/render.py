"""The front's nginx configuration, made from the tables that the deployment reads too.

`write` puts `nginx.conf` and `config.json` into a folder, which must exist; then start, as root or not,

    nginx -p FOLDER -e stderr -c FOLDER/nginx.conf

It stays in the foreground, listens on 127.0.0.1 only and keeps all it writes (pid, temporary files, access log) in
FOLDER. SIGTERM ends it at once, SIGQUIT when its open requests are answered.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from local.functions import Function, load
from local.ports import Ports

ROOT = Path(__file__).parents[2]
TEMPLATE = Path(__file__).with_name("nginx.conf.template")


def write(folder: Path, ports: Ports, *, project: str, version: str, web_root: Path = ROOT / "build/web") -> Path:
    """Write the configuration and what it refers to into `folder`; returns its path. The page shows `version`."""
    config = folder / "config.json"
    config.write_text(render_config(ports, project, version))
    firebase = json.loads((ROOT / "firebase.json").read_text())
    target = folder / "nginx.conf"
    target.write_text(render(ports, load(ROOT), firebase, web_root=web_root, config=config))
    return target


def render_config(ports: Ports, project: str, version: str) -> str:
    """What the page reads at /config.json. The Auth emulator takes any key."""
    firebase = {"apiKey": "local", "authDomain": f"{project}.firebaseapp.com", "projectId": project}
    return json.dumps({"firebase": firebase, "authEmulator": ports.url("auth"), "version": version})


def render(
    ports: Ports, functions: Sequence[Function], firebase: Mapping[str, Any], *, web_root: Path, config: Path
) -> str:
    """nginx's configuration. `firebase` is firebase.json, `config` the file served as /config.json."""
    headers = _headers(ports, firebase)
    return Template(TEMPLATE.read_text()).substitute(
        # its workers would be nobody, who may not read a page under root's own home
        user="user root;" if os.geteuid() == 0 else "",
        port=ports["front"],
        origin=ports.url("front"),
        gateway_port=ports["gateway"],
        web_root=_quoted(str(web_root.resolve())),
        config=_quoted(str(config.resolve())),
        headers="\n".join(f"        add_header {name} {_quoted(value)} always;" for name, value in headers.items()),
        built=_quoted(_cache_control(firebase, "/assets/**")),
        changing=_quoted(_cache_control(firebase, "!/assets/**")),
        views="\n".join(
            f"        location = {rule['source']} {{ try_files {rule['destination']} =404; }}"
            for rule in firebase["hosting"]["rewrites"]
            if "destination" in rule
        ),
        api="\n".join(
            _proxy(f"/api/{route}", each, ports) for each in functions if each.browser for route in each.routes
        ),
        gateway="\n".join(_proxy(f"/{route}", each, ports) for each in functions for route in each.routes),
        not_found=_problem("not-found", "There is no such thing", 404, "The page calls something that does not exist."),
        too_large=_problem("bad-request", "The request can't be understood", 413, "The body is larger than 64 KiB."),
        unavailable=_problem(
            "unavailable", "A part of Ondol can't be reached", 503, "This function does not answer. Try again."
        ),
    )


def _headers(ports: Ports, firebase: Mapping[str, Any]) -> dict[str, str]:
    """The page's headers as Firebase Hosting sends them, but for the addresses in the content security policy."""
    headers = _headers_of(firebase, "**")
    policy = dict(directive.split(" ", 1) for directive in headers["Content-Security-Policy"].split("; "))
    slots = f"http://*.localhost:{ports['run_ingress']}"
    policy |= {
        "script-src": "'self'",
        "connect-src": f"'self' {ports.url('auth')} {slots}",
        "frame-src": "'none'",
        "form-action": f"'self' {slots}",
    }
    headers["Content-Security-Policy"] = "; ".join(f"{name} {sources}" for name, sources in policy.items())
    return headers


def _headers_of(firebase: Mapping[str, Any], source: str) -> dict[str, str]:
    (rule,) = (rule for rule in firebase["hosting"]["headers"] if rule["source"] == source)
    return {header["key"]: header["value"] for header in rule["headers"]}


def _cache_control(firebase: Mapping[str, Any], source: str) -> str:
    return _headers_of(firebase, source)["Cache-Control"]


def _proxy(path: str, function: Function, ports: Ports) -> str:
    # five seconds more than the function's own, so that it is the one to say that it took too long
    return f"""
        location = {path} {{
            proxy_pass {ports.url(function.name)};
            proxy_read_timeout {function.timeout + 5}s;
        }}"""


def _problem(name: str, title: str, status: int, detail: str) -> str:
    problem = {"type": f"https://ondol.dev/problems/{name}", "title": title, "status": status, "detail": detail}
    return json.dumps(problem).replace("'", "\\'")


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
