"""How fast it is, and how large, beside what others use: `make bench`."""

import sys
from pathlib import Path

# the agent's own modules, as the image has them
sys.path.append(str(Path(__file__).resolve().parents[1] / "workspace-image"))
