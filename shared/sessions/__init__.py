"""A workspace's session: its records, its heartbeats, and when it is reclaimed."""
