"""Commands typed into a terminal are in the history when the shell is killed."""

import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest
from agent.activity.processes import member_environment

from tests.support.checkout import ROOT
from tests.support.stack.observe import until

OLDER = 'case $- in *i*) ;; *) return ;; esac\nHISTCONTROL=ignoreboth\nPS1="$ "\n'
SKELETON = (ROOT / "workspace-image/skel/.bashrc").read_text()


@pytest.mark.parametrize("bashrc", [SKELETON, OLDER, ""], ids=["skeleton", "older", "none"])
def test_each_line_is_kept_as_it_is_entered(tmp_path: Path, bashrc: str) -> None:
    (tmp_path / ".bashrc").write_text(bashrc)
    history = tmp_path / ".bash_history"
    history.write_text("of an earlier day\n")
    ours, theirs = pty.openpty()
    environment = member_environment({"HOME": str(tmp_path)})
    shell = subprocess.Popen(
        ["bash", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    try:
        os.write(ours, b"echo precious-command\n")
        until(lambda: "echo precious-command" in history.read_text(), "it is kept", patience=30)
        shell.send_signal(signal.SIGKILL)
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)
        os.close(theirs)
    assert history.read_text().startswith("of an earlier day\n")
