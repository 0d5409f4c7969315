"""The checkout that the tests are of, and in which form they run."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOAK = "SOAK" in os.environ
"""Tests are to run in their long form."""
