"""The front: the page and its functions on one origin, and the gateway, by nginx."""
