"""The snapshot format's reader and writer: docs/snapshot-format.md."""
