"""One schedule once more, as the note of a failure has it: each step, change and event is told, and what does not hold.

.venv/bin/python -m tests.simulation.replay HEX [--in-peace]
"""

import argparse

from tests.simulation.functions import simulated
from tests.simulation.schedule import play


def main() -> None:
    parser = argparse.ArgumentParser(description="Play one schedule of the simulation once more.")
    parser.add_argument("schedule", type=bytes.fromhex, help="its bytes, in hexadecimal")
    parser.add_argument("--in-peace", action="store_true", help="without faults")
    given = parser.parse_args()
    with simulated() as functions:
        play(functions, given.schedule, faults=not given.in_peace, tell=lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
