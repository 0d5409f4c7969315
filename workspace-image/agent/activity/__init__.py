"""Activity of the member's programs, and when these programs may run."""
