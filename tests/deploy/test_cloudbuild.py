"""cloudbuild.yaml and cloudbuild-check.yaml are builds that Cloud Build takes, and run what is run by hand: the first
deploys and runs nobody's tests, the second checks and may change nothing."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.cloud.devtools import cloudbuild_v1
from google.protobuf import json_format

from deploy.google_apis.discovery import method
from deploy.google_apis.schema_check import check
from tests.support.checkout import ROOT
from tests.support.google_cloud_sdk import SKIP_NOTHING

DEPLOYING, CHECKING = "cloudbuild.yaml", "cloudbuild-check.yaml"
BUILDS = {name: yaml.safe_load((ROOT / name).read_text()) for name in (DEPLOYING, CHECKING)}
BUILT_IN = {"PROJECT_ID", "PROJECT_NUMBER", "LOCATION", "BUILD_ID", "COMMIT_SHA"}
"""https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values"""

STEPS = {f"{name} {step['id']}": step for name, build in BUILDS.items() for step in build["steps"]}
SCRIPTS = [name for name, step in STEPS.items() if "script" in step]
PROGRAMS = [name for name, step in STEPS.items() if "script" not in step]


def parsed(build: Any) -> cloudbuild_v1.Build:
    message = cloudbuild_v1.Build()
    json_format.ParseDict(build, cloudbuild_v1.Build.pb(message))
    return message


@pytest.mark.parametrize("name", BUILDS)
def test_it_is_cloud_builds_message(name: str) -> None:
    build = parsed(BUILDS[name])
    assert build.options.logging == cloudbuild_v1.BuildOptions.LoggingMode.CLOUD_LOGGING_ONLY
    check(method("cloudbuild.v1", "projects.builds.create"), {"projectId": "my-project"}, BUILDS[name])


@pytest.mark.parametrize(
    "wrong", [{"timeOut": "60s"}, {"options": {"logging": "NOWHERE"}}, {"steps": [{"image": "x"}]}]
)
def test_a_field_or_value_that_cloud_build_does_not_know_is_found(wrong: Any) -> None:
    with pytest.raises(json_format.ParseError):
        parsed(BUILDS[DEPLOYING] | wrong)


@pytest.mark.parametrize("name", BUILDS)
def test_it_substitutes_what_cloud_build_has_or_the_file_declares_and_declares_nothing_else(name: str) -> None:
    """Cloud Build refuses a build with another one, and with one that it does not use."""
    build = BUILDS[name]
    used = set(re.findall(r"\$\{?([A-Z_]+)", yaml.dump({key: build[key] for key in build if key != "steps"})))
    for step in build["steps"]:
        used |= set(re.findall(r"\$\{?([A-Z_]+)", yaml.dump(step.get("env", []))))
    assert {each for each in used if each.startswith("_")} == build.get("substitutions", {}).keys()
    assert {each for each in used if not each.startswith("_")} <= BUILT_IN


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_step_is_a_shell_script_of_commands_that_are_here(name: str, tmp_path: Path) -> None:
    step = STEPS[name]
    script = tmp_path / "script"
    script.write_text(step["script"])
    subprocess.run(["sh", "-n", script], check=True, timeout=20)
    given = {each.partition("=")[0] for each in step.get("env", [])}
    assert set(re.findall(r"\$\{?(\w+)", step["script"])) <= given
    for target in re.findall(r"^ *make ([a-z-]+)", step["script"], re.MULTILINE):
        assert f"\n{target}:" in (ROOT / "Makefile").read_text()
    for path in re.findall(r"pytest (\S+)", step["script"]):
        assert (ROOT / path).is_dir()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_step_without_a_script_runs_one_version_of_a_program(name: str) -> None:
    assert re.fullmatch(r"[a-z/]+:v\d+\.\d+\.\d+", STEPS[name]["name"])
    assert all(isinstance(word, str) for word in STEPS[name]["args"])


def test_the_holes_are_looked_for_in_the_bill_of_the_image_that_was_pulled_and_tested() -> None:
    steps = {step["id"]: step for step in BUILDS[CHECKING]["steps"]}
    (written,) = (
        word.partition("=")[2] for word in steps["bill-of-materials"]["args"] if word.startswith("cyclonedx-json=")
    )
    assert f"sbom:{written}" in steps["known-holes"]["args"]
    assert {"--only-fixed", "--fail-on"} <= set(steps["known-holes"]["args"]), "what has no fix ends no deployment"
    saved = re.search(r'docker save --output (\S+) "\$IMAGE"', steps["pull"]["script"])
    assert saved
    assert f"docker-archive:{saved[1]}" in steps["bill-of-materials"]["args"]
    assert f"make image ARCHIVE={saved[1]}\n" in steps["image"]["script"]
    assert steps["pull"]["env"] == ["IMAGE=$_SLOT_IMAGE"]


def test_no_check_is_skipped_for_want_of_gcloud_and_both_builds_have_the_same() -> None:
    steps = {step["id"]: step for step in BUILDS[CHECKING]["steps"]}
    assert list(steps).index("gcloud") < list(steps).index("check")
    assert steps["gcloud"]["name"] == STEPS[f"{DEPLOYING} check"]["name"]
    copied = re.search(r'cp -a "\$\(gcloud info .*\)" (\S+)', steps["gcloud"]["script"])
    assert copied
    link = f"ln -s /workspace/{copied[1]}/bin/gcloud /usr/local/bin/gcloud\n"
    assert link in steps["check"]["script"].partition("pytest")[0]
    assert steps["check"]["env"] == [f"{SKIP_NOTHING}=yes"]


def test_what_is_deployed_is_the_image_that_was_built_and_then_checked() -> None:
    """The image's address goes from one step to the next in one file."""
    built, checked, deployed = (step["script"] for step in BUILDS[DEPLOYING]["steps"])
    assert "--write-slot-image build/slot-image" in built
    assert f"--config={CHECKING}" in checked
    assert '--substitutions=_SLOT_IMAGE="$(cat build/slot-image)"' in checked
    assert '--slot-image "$(cat build/slot-image)"' in deployed


@pytest.mark.parametrize("step", ["images", "deploy"])
def test_the_commands_of_a_deployment_are_those_that_people_run(step: str) -> None:
    wanted = re.search(r"python (-m deploy .*)", STEPS[f"{DEPLOYING} {step}"]["script"])
    assert wanted
    words = wanted[1].replace('"$PROJECT"', "my-project").replace('"$(cat build/slot-image)"', "i").split()
    command = [str(ROOT / ".venv/bin/python"), *words, "--help"]
    helped = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert helped.returncode == 0, helped.stderr
    known = set(re.findall(r"--[a-z-]+", helped.stdout))
    assert {each for each in words if each.startswith("--")} <= known
    assert words[words.index("--file") + 1] == "deployment.toml", "a build without it would set defaults"


def test_nothing_but_the_deployment_runs_with_its_rights() -> None:
    assert account(DEPLOYING) == "ondol-deployer"
    assert account(CHECKING) == "ondol-checker"
    scripts = "\n".join(step["script"] for step in BUILDS[DEPLOYING]["steps"])
    assert not re.search(r"make |pytest|docker|--tests", scripts)


def account(name: str) -> str:
    return str(BUILDS[name]["serviceAccount"]).rpartition("/")[2].partition("@")[0]
