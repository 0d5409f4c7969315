"""Finds the address on which a program of the member's listens. A development server may use IPv4 or IPv6 alone, while
a preview has only a port."""

from collections.abc import Iterable
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
LISTENING = b"0A"
# as the kernel writes an address: each 32 bits in the machine's byte order
IPV4 = {b"00000000", b"0100007F", b"0000000000000000FFFF00000100007F", b"0000000000000000FFFF000000000000"}
IPV6 = {b"0" * 32, b"0" * 24 + b"01000000"}


def address_of(port: int) -> str | None:
    """Host and port to connect to on this machine; None when nothing listens on the port."""
    addresses: set[bytes] = set()
    for table in TABLES:
        try:
            with table.open("rb") as lines:
                addresses |= listeners(lines, port)
        except FileNotFoundError:  # the system has no IPv6
            continue
    if addresses & IPV4:
        return f"127.0.0.1:{port}"
    return f"[::1]:{port}" if addresses & IPV6 else None


def listeners(lines: Iterable[bytes], port: int) -> set[bytes]:
    """The addresses, as the kernel writes them, on which a program listens on `port`. Reads only the listening sockets,
    which come first, because the others may be many."""
    wanted = b"%04X" % port
    addresses = set()
    for number, line in enumerate(lines):
        if number == 0:
            continue
        fields = line.split(None, 4)
        if fields[3] != LISTENING:
            break
        address, _, its_port = fields[1].partition(b":")
        if its_port == wanted:
            addresses.add(address)
    return addresses
