"""Copies a sample project into the home."""

import shutil
from pathlib import Path

from agent.paths import IMAGE
from agent.projects.coming import Coming, Failed, Ready, failed_with
from agent.projects.folder_names import free_folder

SAMPLES = IMAGE / "samples"


def copy_sample(home: Path, name: str, samples: Path = SAMPLES) -> Coming:
    names = sorted(folder.name for folder in samples.iterdir())
    if name not in names:
        yield Failed("no-such-sample", f"The samples are {', '.join(names)}.")
        return
    folder = free_folder(home, name)
    try:
        shutil.copytree(samples / name, folder)
    except OSError as error:
        yield failed_with(error, "sample-not-copied")
        return
    yield Ready(str(folder))
