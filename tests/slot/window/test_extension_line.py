"""The socket of the editor's extension, to which any program of the member's may connect."""

import asyncio
from pathlib import Path
from typing import Any, cast

from agent.edge import editor_socket
from agent.edge.editor_socket import EditorSocket
from agent.slot import SlotLifecycle


def a_slot_with_long_news() -> SlotLifecycle:
    """It serves no session; what its restore tells fills a line of some 60 kB."""
    nobody = cast(Any, None)
    slot = SlotLifecycle(nobody, nobody, nobody, nobody, nobody, checkpoint_seconds=20)
    slot.progress.inconsistent = ("x" * 60_000,)
    return slot


def test_no_program_takes_all_of_the_agents_descriptors_and_memory(tmp_path: Path) -> None:
    path = tmp_path / "extension.sock"

    async def play() -> tuple[int, list[bytes], set[int]]:
        line = EditorSocket(path, a_slot_with_long_news())
        async with await asyncio.start_unix_server(line.serve, path):
            opened = [await asyncio.open_unix_connection(path) for _ in range(editor_socket.MOST_LISTENERS + 2)]
            ends = [await reader.read() for reader, _ in opened[-2:]]
            for _ in range(100):
                line.send_state()
            waiting = {each.transport.get_write_buffer_size() for each in line.listeners}
            known = len(line.listeners)
            for _, writer in opened:
                writer.transport.abort()
            await asyncio.sleep(0.05)
        return known, ends, waiting

    known, ends, waiting = asyncio.run(play())
    assert (known, ends) == (editor_socket.MOST_LISTENERS, [b"", b""])
    assert max(waiting) < 2 * editor_socket.MOST_UNHEARD
