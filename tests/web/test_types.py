"""The page's types hold, as svelte-check sees them, and its components are accessible as far as it can tell."""

import subprocess

from local.front.render import ROOT


def test_types_hold() -> None:
    compiler = ROOT / "web/node_modules/svelte-check/bin/svelte-check"
    assert compiler.exists(), "install the page's tools first: npm ci, in web/"
    command = ["node", str(compiler), "--fail-on-warnings", "--output", "human"]
    done = subprocess.run(command, cwd=ROOT / "web", capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout
