"""The long way that the bench puts before a server: everything arrives, in order, in both directions."""

import socket
import threading

from bench.delay import delayed


def test_everything_arrives() -> None:
    sent = bytes(range(256)) * 8000
    with socket.create_server(("127.0.0.1", 0)) as server:

        def echo() -> None:
            line, _ = server.accept()
            with line, line.makefile("rb") as reader:
                line.sendall(reader.read())

        echoing = threading.Thread(target=echo)
        echoing.start()
        with delayed(server.getsockname()[1], 0.01) as port, socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
            with line.makefile("rb") as reader:
                assert reader.read() == sent
        echoing.join()
