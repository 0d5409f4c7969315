"""Which stack a command of an operator's is about: the local one that is up, or the project of the environment."""

import argparse
import json
import os
import sys
from pathlib import Path


def add_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", type=Path, default=Path(".ondol"), help="the folder of a local stack that is up")


def choose(state: Path) -> None:
    """Leads `shared` to it. Ends the program where there is neither."""
    told = state / "stack.json"
    if told.exists():
        os.environ.update(json.loads(told.read_text())["env"])
    elif "GOOGLE_CLOUD_PROJECT" not in os.environ:
        sys.exit(f"No stack is up in {state}, and the environment names no project. Start one: make up")
