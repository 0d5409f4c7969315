"""The slot's image, built and measured where there is no Docker daemon: `make image`."""
