"""The file-system broker: no message half read, none that kills a reader, and a folder that may vanish."""

import json
import os
import threading
import time

import pytest
from kombu import Connection, Exchange, Queue

from ka_crm import broker

QUEUE = Queue("lab", Exchange("lab", type="direct"), routing_key="lab")


@pytest.fixture
def channel(tmp_path):
    """A channel of the hardened transport on a folder of its own; ``channel.folder`` is that folder."""
    with Connection("kafs://", transport_options={"folder": str(tmp_path / "broker")}) as connection, connection.channel() as opened:
        yield opened


@pytest.fixture
def upstream(tmp_path):
    """The control: kombu's own transport on the same folders."""
    folder = tmp_path / "broker"
    (folder / "queue").mkdir(parents=True)
    options = {"data_folder_in": str(folder / "queue"), "data_folder_out": str(folder / "queue"), "control_folder": str(folder / "control")}
    with Connection("filesystem://", transport_options=options) as connection, connection.channel() as opened:
        opened.queue_folder = folder / "queue"
        yield opened


def message(number):
    return {"body": str(number), "properties": {"delivery_tag": str(number)}}


def queued(channel):
    return sorted(os.listdir(channel.folder / "queue"))


def take_all(channel, queue="lab"):
    taken = []
    while True:
        try:
            taken.append(channel._get(queue)["body"])
        except broker.Empty:
            return taken


def test_messages_come_in_the_order_in_which_they_were_sent(channel):
    for number in range(50):
        channel._put("lab", message(number))

    assert take_all(channel) == [str(number) for number in range(50)]
    assert queued(channel) == []


def test_queues_do_not_mix(channel):
    channel._put("lab", message(1))
    channel._put("other.lab", message(2))

    assert (channel._size("lab"), take_all(channel, "other.lab"), take_all(channel)) == (1, ["2"], ["1"])


@pytest.mark.parametrize("content", [b"", b'{"body": "1", "prop', b"\xff\xfe\x00", b"[]", b'{"body": "1"}', b"null"])
def test_an_unreadable_message_is_set_aside_and_the_next_one_is_read(channel, content):
    channel._put("lab", message(1))
    (channel.folder / "queue" / "00000000000000000001_half.lab.msg").write_bytes(content)

    assert take_all(channel) == ["1"]
    assert sorted(path.name for path in (channel.folder / "processing").iterdir()) == ["00000000000000000001_half.lab.msg.bad"]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(os.mkfifo, id="pipe"),
        pytest.param(os.mkdir, id="folder"),
        pytest.param(lambda path: os.symlink("/dev/zero", path), id="endless"),
        pytest.param(lambda path: os.symlink("/nowhere", path), id="dangling"),
        pytest.param(lambda path: path.write_bytes(b"[" * 2_000_000), id="huge"),
    ],
)
def test_what_only_has_the_name_of_a_message_is_not_even_read(channel, make):
    """A pipe without a writer would be waited for by the only consumer, for ever."""
    channel._put("lab", message(1))
    make(channel.folder / "queue" / "00000000000000000001_odd.lab.msg")
    taken = []
    reader = threading.Thread(target=lambda: taken.extend(take_all(channel)), daemon=True)
    reader.start()
    reader.join(timeout=10)

    assert taken == ["1"]
    assert sorted(path.name for path in (channel.folder / "processing").iterdir()) == ["00000000000000000001_odd.lab.msg.bad"]


def test_the_control_upstream_loses_half_a_message_and_raises(upstream):
    (upstream.queue_folder / "1_half.lab.msg").write_bytes(b"")

    with pytest.raises(json.JSONDecodeError):
        upstream._get("lab")
    assert os.listdir(upstream.queue_folder) == []


def test_a_draft_is_never_read(channel):
    (channel.data_folder_in / ".00001_draft.lab.msg.abc.tmp").write_bytes(b"{")
    (channel.data_folder_in / ".00001_draft.lab.msg").write_bytes(b"{")

    assert take_all(channel) == []


def test_a_slow_writer_is_never_read_half(channel, monkeypatch):
    """The file is complete before it has its name: what the reader sees meanwhile is nothing."""
    seen = []
    rename = os.rename

    def slow_rename(source, target):
        if str(source).endswith(".tmp"):
            seen.append(take_all(channel))
        rename(source, target)

    monkeypatch.setattr(broker.os, "rename", slow_rename)
    channel._put("lab", message(1))

    assert seen == [[]]
    assert take_all(channel) == ["1"]


def test_four_readers_and_two_writers_lose_and_double_nothing(tmp_path):
    options = {"folder": str(tmp_path / "broker")}
    taken, writing = [], threading.Event()
    writing.set()

    def write(first):
        with Connection("kafs://", transport_options=options) as connection, connection.channel() as channel:
            for number in range(first, first + 250):
                channel._put("lab", message(number))

    def read():
        with Connection("kafs://", transport_options=options) as connection, connection.channel() as channel:
            while writing.is_set() or channel._size("lab"):
                taken.extend(take_all(channel))
                time.sleep(0.001)

    readers = [threading.Thread(target=read) for _number in range(4)]
    writers = [threading.Thread(target=write, args=(first,)) for first in (0, 250)]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    writing.clear()
    for thread in readers:
        thread.join()

    assert sorted(map(int, taken)) == list(range(500))
    assert list((tmp_path / "broker" / "processing").iterdir()) == []


def test_a_folder_that_vanished_is_made_again(channel, tmp_path):
    channel._put("lab", message(1))
    broken = tmp_path / "gone"
    os.rename(tmp_path / "broker", broken)

    assert take_all(channel) == []
    channel._put("lab", message(2))
    assert take_all(channel) == ["2"]


def test_a_folder_that_cannot_be_read_is_an_empty_queue_and_writing_says_why(channel, tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir(exist_ok=True)
    (folder / "processing").mkdir(exist_ok=True)
    for name in ("queue",):
        if (folder / name).exists():
            (folder / name).rmdir()
        (folder / name).write_text("a file where a folder should be")

    assert take_all(channel) == []
    with pytest.raises(broker.ChannelError, match="Cannot add"):
        channel._put("lab", message(1))


def test_published_messages_reach_a_consumer_with_and_without_bindings(tmp_path):
    got = []

    def consume(body, message):
        got.append(body)
        message.ack()

    with Connection("kafs://", transport_options={"folder": str(tmp_path / "broker"), "polling_interval": 0.01}) as connection:
        producer = connection.Producer()
        with connection.Consumer(QUEUE, callbacks=[consume]):
            producer.publish({"n": 1}, exchange="lab", routing_key="lab")
            connection.drain_events(timeout=5)
            for path in (tmp_path / "broker" / "control").iterdir():
                path.unlink()
            producer.publish({"n": 2}, exchange="", routing_key="lab")  # how wake-ups are sent
            connection.drain_events(timeout=5)

    assert got == [{"n": 1}, {"n": 2}]


def test_binding_from_many_threads_keeps_every_row(tmp_path):
    def bind(number):
        with Connection("kafs://", transport_options={"folder": str(tmp_path / "broker")}) as connection, connection.channel() as channel:
            channel._queue_bind("lab", f"key{number}", "", f"queue{number}")

    threads = [threading.Thread(target=bind, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Connection("kafs://", transport_options={"folder": str(tmp_path / "broker")}) as connection, connection.channel() as channel:
        assert {row.queue for row in channel.get_table("lab")} == {f"queue{number}" for number in range(20)}


def test_leftovers_older_than_an_hour_go_and_waiting_messages_stay(channel):
    channel._put("lab", message(1))
    folder = channel.folder
    channel._made(folder / "processing")
    (folder / "queue" / ".draft.lab.msg.abc.tmp").write_bytes(b"{")
    (folder / "processing" / "taken.lab.msg.bad").write_bytes(b"{")

    assert broker.sweep_leftovers(folder) == 0
    assert broker.sweep_leftovers(folder, now=time.time() + 3601) == 2
    assert take_all(channel) == ["1"]
