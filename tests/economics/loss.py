"""A pool of warm slots as a queueing network of Ciw: prints the part of arrivals that finds no server.

Its arguments are the servers, the arrivals an hour, the seconds of a refill and their distribution, and a seed.
"""

import sys
from typing import Any

import ciw  # type: ignore[import-not-found, unused-ignore]  # its packages are not those of the checkout

ARRIVALS = 12_000


def main() -> None:
    servers, per_hour, refill, kind, seed = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), *sys.argv[4:]
    mean = refill / 3600
    services: dict[str, Any] = {
        "always": ciw.dists.Deterministic(mean),
        "exponential": ciw.dists.Exponential(1 / mean),
    }
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(per_hour)],
        service_distributions=[services[kind]],
        number_of_servers=[servers],
        queue_capacities=[0],
    )
    ciw.seed(int(seed))
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(ARRIVALS / per_hour)
    records = simulation.get_all_records(only=["service", "rejection"])
    lost = sum(record.record_type == "rejection" for record in records)
    print(lost, len(records))


if __name__ == "__main__":
    main()
