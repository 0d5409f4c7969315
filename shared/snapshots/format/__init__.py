"""The snapshot format, for the control plane and the slot: reader and writer of docs/snapshot-format.md, and the sum of
several saves' changes. The slot's image installs this package and nothing else of `shared`. This package imports the
standard library only."""
