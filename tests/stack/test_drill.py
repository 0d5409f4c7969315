"""`make restore-drill` on a stack: every workspace comes back, or is named."""

import json
import os
import re
import subprocess
import sys

from tests.support.checkout import ROOT
from tests.support.members.open_workspace import Workspace
from tests.support.members.person import Person
from tests.support.slot.bucket import Bucket
from tests.support.stack.observe import until
from tests.support.stack.running import Running


def drill(stack: Running) -> tuple[int, str]:
    """Its exit status, and what it said."""
    command = [sys.executable, "-m", "deploy.drill", "--state", str(stack.state)]
    path = {"PYTHONPATH": f"{ROOT}:{ROOT / 'workspace-image'}"}
    done = subprocess.run(command, cwd=ROOT, env=os.environ | path, capture_output=True, text=True, timeout=200)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def test_every_workspace_is_restored_and_a_damaged_one_is_named(stack: Running) -> None:
    with Workspace(stack, Person(stack, "driller")) as workspace:
        workspace.write("note", "kept")
        workspace.container.run(
            "mkdir -p app/node_modules/x; echo 1 > app/node_modules/x/y; chmod 500 app/node_modules;"
            "mkdir -p closed; echo 1 > closed/x; chmod 0 closed;"
            # a path that is longer than the 4,096 bytes that Linux takes at once
            "name=$(printf %0200d 7); for _ in $(seq 30); do mkdir $name; cd -P $name || exit; done; echo 1 > deep"
        )
        workspace.close()
    until(lambda: workspace.record["state"] == "ended", "the session ends")
    wid, head = workspace.record["wid"], workspace.record["head"]
    status, said = drill(stack)
    assert status == int("DAMAGED" in said), "what other tests have done to their workspaces counts too"
    [found] = re.findall(f"^{wid}  {head['snapshot']}  (\\d+) files, (\\d+) bytes$", said, re.M)
    assert int(found[0]) > 4 and int(found[1]) > 6

    bucket = Bucket(stack.env["STORAGE_EMULATOR_HOST"], stack.env["STATE_BUCKET"])
    layer = json.loads(bucket.read(head["manifest"]))["layers"][-1]["name"]
    content = bucket.read(layer)
    bucket.overwrite(layer, content[:-1] + bytes([content[-1] ^ 1]))
    try:
        status, said = drill(stack)
    finally:
        bucket.overwrite(layer, content)
    assert status == 1
    assert f"{wid}  {head['snapshot']}  DAMAGED: layer {layer} is not the one that was saved\n" in said
