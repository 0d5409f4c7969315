"""Snapshots of a workspace: which are made, which are kept, and how files come back."""
