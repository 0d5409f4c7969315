"""How fast it is, and how large, beside what others use: `make bench`."""
