"""The benchmark, `make bench`: how fast Ondol is, and how much memory it takes, beside what others use."""

import sys
from pathlib import Path

# the agent's own modules, as the image has them
sys.path.append(str(Path(__file__).resolve().parents[1] / "workspace-image"))
