"""The hub seen from its readers: order, resume, slow readers, caps, heartbeat and the end."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from touchstone.markets.stream import Bell, Hub, HubLimits, Message, frame, relay_polled
from touchstone.markets.stream.relays import LATE_COMMIT_S, PolledIds

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FakeReader:
    """Stands where uvicorn stands: takes ASGI messages, may stop taking them, may leave."""

    def __init__(self, hub: Hub, **kwargs: object) -> None:
        self.status = 0
        self.received = b""
        self.is_ended = False
        self.was_aborted = False
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.gone = asyncio.Event()
        kwargs.setdefault("abort", self._abort)
        self.task = asyncio.create_task(hub.serve(self._send, self._receive, **kwargs))  # type: ignore[arg-type]

    def _abort(self) -> None:
        self.was_aborted = True
        self.flowing.set()
        self.gone.set()

    async def _send(self, message) -> None:
        if not self.flowing.is_set():
            await self.flowing.wait()
        if self.gone.is_set():
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        self.received += message["body"]
        self.is_ended = not message["more_body"]

    async def _receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}

    def events(self) -> list[str]:
        blocks = self.received.decode().split("\n\n")
        return [line[6:] for block in blocks for line in block.split("\n") if line.startswith("data: ")]


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), timeout=120))


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_message_reaches_every_reader_framed_as_one_event() -> None:
    async def scenario() -> None:
        hub = Hub()
        readers = [FakeReader(hub) for _ in range(3)]
        await settle()
        hub.publish("tick", '{"a":1}', at=AT, message_id="17")
        await settle()
        assert all(reader.received.endswith(b'id: 17\nevent: tick\ndata: {"a":1}\n\n') for reader in readers)
        hub.close()
        await asyncio.gather(*(reader.task for reader in readers))

    run(scenario)


def test_data_of_several_lines_stays_one_event() -> None:
    assert frame(Message("1", "tick", "a\r\nb\nc", AT)) == b"id: 1\nevent: tick\ndata: a\ndata: b\ndata: c\n\n"


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\0b"])
def test_a_line_break_in_an_event_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        frame(Message("1", name, "x", AT))


def test_a_new_reader_gets_the_latest_tick_at_once_but_no_old_trust() -> None:
    async def scenario() -> None:
        hub = Hub()
        for number, (event, data) in enumerate([("tick", "old"), ("tick", "new"), ("trust", "t")]):
            hub.publish(event, data, at=AT, message_id=str(number))
        reader = FakeReader(hub)
        await settle()
        assert reader.events() == ["new"]
        hub.close()
        await reader.task

    run(scenario)


def test_a_reader_who_comes_back_gets_exactly_what_it_missed() -> None:
    async def scenario() -> None:
        hub = Hub()
        for number in range(10):
            hub.publish("tick", str(number), at=AT, message_id=f"m{number}")
        reader = FakeReader(hub, last_event_id="m6")
        await settle()
        hub.publish("trust", "10", at=AT, message_id="m10")
        await settle()
        assert reader.events() == ["7", "8", "9", "10"]
        hub.close()
        await reader.task

    run(scenario)


def test_a_reader_whose_place_is_forgotten_is_told_to_start_anew() -> None:
    async def scenario() -> None:
        hub = Hub(limits=HubLimits(ring_messages=3))
        for number in range(10):
            hub.publish("tick", str(number), at=AT)
        reader = FakeReader(hub, last_event_id="1")
        await settle()
        assert b"event: resync" in reader.received
        assert reader.events()[-1] == "9"
        hub.close()
        await reader.task

    run(scenario)


def test_messages_older_than_the_ring_are_forgotten() -> None:
    async def scenario() -> None:
        hub = Hub(limits=HubLimits(ring_age=timedelta(seconds=60)))
        hub.publish("tick", "0", at=AT, message_id="first")
        hub.publish("tick", "1", at=AT + timedelta(seconds=61), message_id="second")
        reader = FakeReader(hub, last_event_id="first")
        await settle()
        assert b"event: resync" in reader.received
        hub.close()
        await reader.task

    run(scenario)


def test_whoever_joins_in_the_middle_of_a_burst_sees_each_message_once_and_in_order() -> None:
    async def scenario() -> None:
        hub = Hub(limits=HubLimits(slice_size=1, ring_messages=1000))
        readers = [FakeReader(hub)]
        await settle()
        for number in range(60):
            hub.publish("tick", str(number), at=AT, message_id=str(number))
            if number % 7 == 3:
                readers.append(FakeReader(hub, last_event_id=str(number - 1)))
            if number % 5 == 0:
                await asyncio.sleep(0)
        await settle()
        await settle()
        for reader in readers:
            seen = [int(data) for data in reader.events()]
            assert seen == list(range(seen[0], 60))
        hub.close()
        await asyncio.gather(*(reader.task for reader in readers))

    run(scenario)


def test_a_slow_reader_delays_nobody_and_catches_up_in_order() -> None:
    async def scenario() -> None:
        hub = Hub()
        slow, quick = FakeReader(hub), FakeReader(hub)
        await settle()
        slow.flowing.clear()
        for number in range(50):
            hub.publish("tick", str(number), at=AT)
            await settle()
        assert quick.events() == [str(number) for number in range(50)]
        assert slow.events() == []
        slow.flowing.set()
        await settle()
        assert slow.events() == [str(number) for number in range(50)]
        assert hub.dropped == 0
        hub.close()
        await asyncio.gather(slow.task, quick.task)

    run(scenario)


def test_a_reader_past_its_byte_limit_is_cut_off() -> None:
    async def scenario() -> None:
        hub = Hub(limits=HubLimits(backlog_bytes=1000))
        slow, quick = FakeReader(hub), FakeReader(hub)
        await settle()
        slow.flowing.clear()
        for _ in range(30):
            hub.publish("tick", "x" * 100, at=AT)
            await settle()
        assert slow.was_aborted
        assert hub.dropped == 1
        assert hub.open_streams == 1
        assert len(quick.events()) == 30
        hub.close()
        await asyncio.gather(slow.task, quick.task)

    run(scenario)


def test_a_reader_that_breaks_while_written_to_harms_nobody() -> None:
    async def scenario() -> None:
        hub = Hub()

        async def broken(message) -> None:
            if message["type"] == "http.response.body":
                raise ConnectionResetError

        async def never():
            await asyncio.Event().wait()
            return {}

        task = asyncio.create_task(hub.serve(broken, never))
        quick = FakeReader(hub)
        await settle()
        hub.publish("tick", "1", at=AT)
        await settle()
        await task
        assert quick.events() == ["1"]
        assert hub.open_streams == 1
        hub.close()
        await quick.task

    run(scenario)


def test_a_reader_who_leaves_is_forgotten() -> None:
    async def scenario() -> None:
        hub = Hub()
        reader = FakeReader(hub, peer="a")
        await settle()
        assert hub.open_streams == 1
        reader.gone.set()
        await reader.task
        assert hub.open_streams == 0
        hub.close()

    run(scenario)


def test_the_caps_refuse_with_the_common_error_shape() -> None:
    async def scenario() -> None:
        hub = Hub(limits=HubLimits(streams=3, streams_per_peer=2))
        readers = [FakeReader(hub, peer=peer) for peer in ("a", "a", "a", "b", "c")]
        await settle()
        assert [reader.status for reader in readers] == [200, 200, 429, 200, 503]
        assert b'{"error": {"code": "streams_per_peer"' in readers[2].received
        assert hub.refused == 2
        readers[0].gone.set()
        await readers[0].task
        late = FakeReader(hub, peer="a")
        await settle()
        assert late.status == 200
        hub.close()
        await asyncio.gather(*(reader.task for reader in readers), late.task)

    run(scenario)


def test_silence_is_broken_by_a_heartbeat() -> None:
    async def scenario() -> None:
        hub = Hub(limits=HubLimits(heartbeat_s=0.01))
        reader = FakeReader(hub)
        while b"event: heartbeat" not in reader.received:
            await asyncio.sleep(0.01)
        hub.close()
        await reader.task

    run(scenario)


def test_closing_ends_every_stream_with_a_farewell_and_refuses_new_ones() -> None:
    async def scenario() -> None:
        hub = Hub()
        slow, quick = FakeReader(hub), FakeReader(hub)
        await settle()
        slow.flowing.clear()
        hub.publish("tick", "1", at=AT)
        await settle()
        hub.close()
        await asyncio.gather(slow.task, quick.task)
        assert quick.is_ended
        assert b"event: bye" in quick.received
        assert slow.was_aborted
        late = FakeReader(hub)
        await late.task
        assert late.status == 503

    run(scenario)


def test_a_cancellation_from_outside_is_not_swallowed() -> None:
    async def scenario() -> None:
        hub = Hub()
        reader = FakeReader(hub)
        await settle()
        reader.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader.task
        hub.close()

    run(scenario)


def _rows(*ids: int) -> list[Message]:
    return [Message(str(row_id), "tick", str(row_id), AT) for row_id in ids]


def test_a_row_that_commits_late_is_still_published_once() -> None:
    ids = PolledIds(10)
    assert [m.id for m in ids.take_new(_rows(11, 14), 0.0)] == ["11", "14"]
    assert ids.read_from(0.1) == 11
    assert [m.id for m in ids.take_new(_rows(13, 14), 0.1)] == ["13"]
    assert ids.take_new(_rows(13, 14), 0.2) == []
    assert ids.read_from(0.2) == 11
    assert ids.read_from(LATE_COMMIT_S + 1) == 14


@asynccontextmanager
async def reading(hub: Hub, relay: Coroutine[Any, Any, None]) -> AsyncIterator[FakeReader]:
    """A reader of the hub while a relay fills it; both are ended afterwards."""
    task = asyncio.create_task(relay)
    reader = FakeReader(hub)
    yield reader
    task.cancel()
    hub.close()
    await reader.task


def test_polling_starts_with_the_latest_messages_and_survives_a_failing_read() -> None:
    async def scenario() -> None:
        hub = Hub()
        calls = itertools.count()

        def read_after(last_id: int) -> list[Message]:
            turn = next(calls)
            if turn == 1:
                raise OSError("database away")
            return [row for row in _rows(7, 8, 9, 10) if int(row.id) > last_id][: 2 if turn == 0 else 9]

        async with reading(hub, relay_polled(hub, read_after, every_s=0.01)) as reader:
            while len(reader.events()) < 4:
                await asyncio.sleep(0.01)
            assert reader.events() == ["7", "8", "9", "10"]

    run(scenario)


def test_a_message_that_cannot_be_published_keeps_no_other_back() -> None:
    async def scenario() -> None:
        hub = Hub()
        rows = [Message("7", "tick", "7", AT), Message("8", "ti\nck", "8", AT), Message("9", "tick", "9", AT)]
        async with reading(hub, relay_polled(hub, lambda last_id: rows if not last_id else [], every_s=0.01)) as reader:
            while len(reader.events()) < 1 or reader.events()[-1] != "9":
                await asyncio.sleep(0.01)

    run(scenario)


def test_the_bell_brings_a_message_long_before_the_table_is_due() -> None:
    async def scenario() -> None:
        hub, bell, rows = Hub(), Bell(), _rows(1)
        bell.is_heard = True
        async with reading(
            hub,
            relay_polled(hub, lambda last_id: [row for row in rows if int(row.id) > last_id], every_s=3600, bell=bell),
        ) as reader:
            while reader.events() != ["1"]:
                await asyncio.sleep(0.01)
            rows.extend(_rows(2))
            bell.rung.set()
            while reader.events() != ["1", "2"]:
                await asyncio.sleep(0.01)

    run(scenario)


def test_an_old_tick_that_comes_late_is_not_what_a_new_reader_gets() -> None:
    async def scenario() -> None:
        hub = Hub()
        hub.publish("tick", "new", at=AT, message_id="9-0")
        hub.publish("tick", "old", at=AT - timedelta(minutes=3), message_id="4")
        reader = FakeReader(hub)
        await settle()
        assert reader.events() == ["new"]
        hub.close()
        await reader.task

    run(scenario)
