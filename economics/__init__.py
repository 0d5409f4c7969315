"""A simulated month: synthetic members through the real decisions of claim, pool, reclaim and metering."""
