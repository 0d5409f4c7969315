"""An operator, made as people make one."""

import os
import subprocess
import sys

from tests.support.checkout import ROOT
from tests.support.members.person import Person
from tests.support.stack.running import Running


def make_operator(stack: Running, email: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`make operator`."""
    command = [sys.executable, "-m", "deploy.operators", email, "--state", str(stack.state), *arguments]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120)


def operator(stack: Running, name: str) -> Person:
    """Signed in with the claim in the token."""
    return _with_role(stack, name)


def auditor(stack: Running, name: str) -> Person:
    """Signed in with the claim in the token."""
    return _with_role(stack, name, "--auditor")


def _with_role(stack: Running, name: str, *arguments: str) -> Person:
    Person(stack, name)
    done = make_operator(stack, f"{name}@example.com", *arguments)
    assert done.returncode == 0, done.stderr
    return Person(stack, name)
