"""Watches that a client takes what is written to it, and cuts it off when it hardly does."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from contextlib import suppress

SEND_S = 30.0
LEAST_TAKEN = 16 * 1024
DROP_UNSENT = struct.pack("ii", 1, 0)
TCP_INFO_SIZE, BYTES_ACKED_AT = 128, 120  # struct tcp_info of linux/tcp.h


class Outflow:
    """What waits to be sent over one connection: within any 30 seconds the client must take 16 KiB, or all of it."""

    __slots__ = ("_loop", "_taken", "_timer", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._taken = 0
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Begin to watch, if something waits and the watch is not on already."""
        if self._timer is None and self._transport.get_write_buffer_size():
            self._taken = self._count_taken()
            self._timer = self._loop.call_later(SEND_S, self._look)

    def rest(self) -> None:
        """End the watch: the client has caught up, or is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._transport.get_write_buffer_size() and 0 <= self._count_taken() - self._taken < LEAST_TAKEN:
            self._cut()
        else:
            self.watch()

    def _count_taken(self) -> int:
        """Bytes that the client has acknowledged; what our own buffer lacks, where there is no such figure.

        Our buffer alone would not do over TCP: the kernel holds megabytes more, and takes from us in large gulps.
        """
        try:
            info = self._socket().getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_SIZE)
            return int.from_bytes(info[BYTES_ACKED_AT:TCP_INFO_SIZE], sys.byteorder)
        except (OSError, AttributeError):
            return -self._transport.get_write_buffer_size()

    def _cut(self) -> None:
        """Close at once. The kernel must not go on offering what the client does not take, so that is dropped too."""
        with suppress(OSError, AttributeError):
            self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, DROP_UNSENT)
        self._transport.abort()

    def _socket(self) -> socket.socket:
        opened: socket.socket = self._transport.get_extra_info("socket")
        return opened
