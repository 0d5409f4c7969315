"""The table of ports."""

import socket

import pytest

from local.functions import load
from local.ports import OFFSETS, SPAN, Ports, answers, free_base, is_free
from tests.support.checkout import ROOT

NAMES = [function.name for function in load(ROOT)]


def test_every_part_and_function_has_a_port_of_its_own() -> None:
    ports = Ports.of(8080, NAMES).all()
    assert set(ports) == {*OFFSETS, *NAMES}
    assert len(set(ports.values())) == len(ports)
    assert all(8080 <= port < 8080 + SPAN for port in ports.values())


def test_the_front_is_at_the_base_and_functions_follow_the_order_of_their_table() -> None:
    ports = Ports.of(9000, ["a", "b"])
    assert (ports["front"], ports["a"], ports["b"]) == (9000, 9012, 9013)
    assert ports.url("front") == "http://127.0.0.1:9000"


@pytest.mark.parametrize("base", [0, 80, 65535 - 5, 70000])
def test_a_base_without_room_is_refused(base: int) -> None:
    with pytest.raises(ValueError, match=f"not from {base}"):
        Ports.of(base, NAMES)


def test_a_listener_makes_a_port_taken_and_answering() -> None:
    port = free_base()
    assert is_free(port)
    assert not answers(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
        assert answers(port)
    assert is_free(port)
