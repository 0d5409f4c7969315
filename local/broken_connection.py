"""A connection that a stand-in breaks on demand."""


class BrokenConnection(ConnectionError):
    """No answer comes. Whether the request was carried out, the caller can't know."""
