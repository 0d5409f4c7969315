"""Where a program of the member's listens: a dev server may take IPv4 or IPv6 alone, a preview names but a port."""

from collections.abc import Iterable
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
LISTENING = b"0A"
# as the kernel writes an address: each 32 bits in this machine's own order
IPV4 = {b"00000000", b"0100007F", b"0000000000000000FFFF00000100007F", b"0000000000000000FFFF000000000000"}
IPV6 = {b"0" * 32, b"0" * 24 + b"01000000"}


def address_of(port: int) -> str | None:
    """Host and port to connect to on this machine; None when nothing listens there."""
    found: set[bytes] = set()
    for table in TABLES:
        try:
            with table.open("rb") as lines:
                found |= listeners(lines, port)
        except FileNotFoundError:  # a system without IPv6
            continue
    if found & IPV4:
        return f"127.0.0.1:{port}"
    return f"[::1]:{port}" if found & IPV6 else None


def listeners(lines: Iterable[bytes], port: int) -> set[bytes]:
    """The addresses, as the kernel writes them, on which `port` is listened to. Reads no further than the sockets that
    listen: they come first, and the others may be many."""
    wanted = b"%04X" % port
    found = set()
    for number, line in enumerate(lines):
        if number == 0:
            continue
        fields = line.split(None, 4)
        if fields[3] != LISTENING:
            break
        address, _, its_port = fields[1].partition(b":")
        if its_port == wanted:
            found.add(address)
    return found
