"""The page's types hold, as its own compiler sees them."""

import subprocess

from local.front.render import ROOT


def test_types_hold() -> None:
    compiler = ROOT / "web/node_modules/.bin/tsc"
    assert compiler.exists(), "install the page's tools first: npm ci, in web/"
    done = subprocess.run([compiler, "--noEmit"], cwd=ROOT / "web", capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
