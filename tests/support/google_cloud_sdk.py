"""Tests that need the Google Cloud SDK: nothing else knows gcloud's commands."""

import os
import shutil

import pytest

SKIP_NOTHING = "SKIP_NOTHING"
"""Set in the environment where these tests must run, as in cloudbuild-check.yaml: without the SDK they fail there."""

NEEDS_SDK = pytest.mark.skipif(
    shutil.which("gcloud") is None and not os.environ.get(SKIP_NOTHING),
    reason="the Google Cloud SDK is not installed here, and only its gcloud knows gcloud's commands",
)
