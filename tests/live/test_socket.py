"""The live socket as a browser or program has it: hints in commit order."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from knox.models import AuthToken

from radflow.accounts.models import User
from radflow.live import hub as hub_module
from radflow.live.models import LiveEvent
from radflow.live.selectors import events_after, last_seq
from radflow.live.services import give_numbers, publish
from radflow.routing import websocket
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 15.0
ORIGIN = (b"origin", b"http://testserver")
HOST = (b"host", b"testserver")


@pytest.fixture
def technologist(transactional_db: None) -> User:
    return UserFactory.create(role="technologist")


class Socket:
    """A client of the ASGI application, without a server between."""

    def __init__(
        self, query: str, headers: list[tuple[bytes, bytes]], *, path: str = "/ws/live/"
    ) -> None:
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "subprotocols": [],
        }
        communicator: Any = ApplicationCommunicator  # it has no types
        self._app = communicator(websocket, scope)

    async def connect(self) -> bool:
        await self._app.send_input({"type": "websocket.connect"})
        return bool((await self.receive())["type"] == "websocket.accept")

    async def receive(self) -> dict[str, Any]:
        found: dict[str, Any] = await self._app.receive_output(WAIT)
        return found

    async def hint(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((await self.receive())["text"])
        return found

    async def closing_code(self) -> int:
        while (message := await self.receive())["type"] != "websocket.close":
            continue
        return int(message["code"])

    async def disconnect(self) -> None:
        await self._app.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._app.wait(WAIT)


@asynccontextmanager
async def socket(
    headers: list[tuple[bytes, bytes]], query: str = ""
) -> AsyncIterator[Socket]:
    found = Socket(query, headers)
    assert await found.connect()
    try:
        yield found
    finally:
        await found.disconnect()
        await end_hub()


async def end_hub() -> None:
    tasks = [
        task
        for task in asyncio.all_tasks()
        if "Hub." in getattr(task.get_coro(), "__qualname__", "")
    ]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@database_sync_to_async
def session_of(user: User) -> list[tuple[bytes, bytes]]:
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    header = f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()
    return [ORIGIN, HOST, (b"cookie", header)]


@database_sync_to_async
def bearer_of(user: User) -> list[tuple[bytes, bytes]]:
    _, token = AuthToken.objects.create(user)
    return [(b"authorization", f"Bearer {token}".encode())]


@database_sync_to_async
def tell(*topics: str) -> int:
    """Publish and number; the last number given."""
    for number, topic in enumerate(topics, 1):
        publish(topic, number, version=7)
    give_numbers()
    return last_seq()


def test_numbers_follow_the_order_of_commits() -> None:
    started, committed = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                publish("order", 1)
                started.set()
                assert committed.wait(WAIT)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert started.wait(WAIT)
    publish("order", 2)
    assert [event["id"] for event in events_after(0)] == [2]
    committed.set()
    thread.join(WAIT)
    assert [event["id"] for event in events_after(0)] == [2, 1]
    seqs = [event["seq"] for event in events_after(0)]
    assert seqs == sorted(set(seqs))


def test_many_readers_at_once_give_each_event_one_number() -> None:
    LiveEvent.objects.bulk_create(
        LiveEvent(topic="order", object_id=n) for n in range(200)
    )
    gate = threading.Barrier(3)

    def read() -> None:
        try:
            gate.wait(WAIT)
            events_after(0)
        finally:
            connection.close()

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert [event["seq"] for event in events_after(0)] == list(range(1, 201))


def test_a_hint_of_a_rolled_back_change_never_exists() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish("order", 1)
        raise ZeroDivisionError
    assert events_after(0) == []


async def test_a_new_hint_reaches_an_open_socket(technologist: User) -> None:
    async with socket(await session_of(technologist)) as found:
        seq = await tell("order")
        got = await found.hint()
    assert (got["seq"], got["topic"], got["id"], got["version"]) == (seq, "order", 1, 7)
    assert set(got) == {"seq", "topic", "id", "version", "at"}


async def test_catches_up_from_the_cursor_before_what_is_new(
    technologist: User,
) -> None:
    first = await tell("order")
    await tell("order", "report")
    async with socket(await session_of(technologist), f"after={first}") as found:
        await tell("case")
        got = [await found.hint() for _ in range(3)]
    assert [one["topic"] for one in got] == ["order", "report", "case"]
    assert [one["seq"] for one in got] == [first + 1, first + 2, first + 3]


@pytest.mark.parametrize("after", ["999999", "9" * 40, "-1", "x", "%00", ""])
async def test_a_cursor_of_another_time_starts_from_now(
    technologist: User, after: str
) -> None:
    await tell("order")
    async with socket(await session_of(technologist), f"after={after}") as found:
        seq = await tell("report")
        assert (await found.hint())["seq"] == seq


async def test_a_role_hears_only_its_topics(technologist: User) -> None:
    async with socket(await session_of(technologist), "after=0") as found:
        last = await tell("message", "secret", "order.7", "messages", "order")
        got = [await found.hint() for _ in range(2)]
    assert [one["topic"] for one in got] == ["order.7", "order"]
    assert got[-1]["seq"] == last


async def test_nobody_is_told_to_sign_in(db: None) -> None:
    async with socket([ORIGIN, HOST]) as found:
        assert await found.closing_code() == 4401


async def test_a_person_without_a_role_is_turned_away(outsider: User) -> None:
    async with socket(await session_of(outsider)) as found:
        assert await found.closing_code() == 4403


async def test_a_program_signs_in_by_bearer_token(technologist: User) -> None:
    async with socket(await bearer_of(technologist)) as found:
        seq = await tell("order")
        assert (await found.hint())["seq"] == seq


@pytest.mark.parametrize("token", [b"Bearer wrong", b"Bearer ", b"Bearer \xff"])
async def test_a_wrong_token_is_told_to_sign_in(db: None, token: bytes) -> None:
    async with socket([(b"authorization", token)]) as found:
        assert await found.closing_code() == 4401


async def test_a_page_of_another_site_is_refused(technologist: User) -> None:
    headers = await session_of(technologist)
    foreign = [(b"origin", b"https://evil.example"), *headers[1:]]
    assert not await Socket("", foreign).connect()


async def test_who_signs_out_is_cut_off_at_the_next_beat(
    technologist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radflow.live.consumers.HEARTBEAT_SECONDS", 0.05)
    async with socket(await session_of(technologist)) as found:
        assert (await found.hint())["topic"] == "beat"
        await database_sync_to_async(User.objects.update)(is_active=False)
        assert await found.closing_code() == 4401


async def test_hints_arrive_while_redis_is_away(
    technologist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        async def new_channel(self) -> str:
            raise ConnectionRefusedError

        async def group_send(self, group: str, message: dict[str, Any]) -> None:
            raise ConnectionRefusedError

    monkeypatch.setattr("radflow.live.wake.get_channel_layer", Away)
    monkeypatch.setattr(hub_module, "get_channel_layer", Away)
    async with socket(await session_of(technologist)) as found:
        seq = await tell("order")
        assert (await found.hint())["seq"] == seq


async def test_the_group_is_joined_anew_from_time_to_time(
    technologist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Any = get_channel_layer()
    joined: asyncio.Queue[str] = asyncio.Queue()

    class Counted:
        new_channel, receive = real.new_channel, real.receive
        group_discard = real.group_discard

        async def group_add(self, group: str, channel: str) -> None:
            await real.group_add(group, channel)
            joined.put_nowait(channel)

    monkeypatch.setattr(hub_module, "get_channel_layer", Counted)
    monkeypatch.setattr(hub_module, "POLL_SECONDS", 2 * WAIT)
    monkeypatch.setattr(hub_module, "REJOIN_SECONDS", 0.05)
    async with socket(await session_of(technologist)) as found:
        for _ in range(3):
            await asyncio.wait_for(joined.get(), WAIT)
        monkeypatch.setattr(hub_module, "REJOIN_SECONDS", 3600.0)
        while not joined.empty():
            joined.get_nowait()
        await asyncio.wait_for(joined.get(), WAIT)
        await database_sync_to_async(publish)("order", 1)
        assert (await found.hint())["id"] == 1


async def test_more_than_one_batch_arrives_whole(technologist: User) -> None:
    @database_sync_to_async
    def burst() -> None:
        LiveEvent.objects.bulk_create(
            LiveEvent(topic="order", object_id=n) for n in range(800)
        )

    async with socket(await session_of(technologist)) as found:
        await burst()
        got = [(await found.hint())["id"] for _ in range(800)]
    assert got == list(range(800))


async def test_the_first_to_listen_hears_nothing_of_before(technologist: User) -> None:
    @database_sync_to_async
    def unheard() -> None:
        LiveEvent.objects.bulk_create(
            LiveEvent(topic="order", object_id=n) for n in range(1500)
        )

    await unheard()
    async with socket(await session_of(technologist)) as found:
        seq = await tell("report")
        assert (await found.hint())["seq"] == seq


async def test_a_socket_that_lags_is_closed_to_catch_up_later() -> None:
    listener = hub_module.Listener(frozenset({"order"}))
    for _ in range(hub_module.QUEUE_LIMIT + 1):
        listener.offer("order", "{}")
    assert listener.queue.get_nowait() is None
    assert listener.queue.empty()
