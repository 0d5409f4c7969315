"""Use cases that read, decide and commit for several functions."""
