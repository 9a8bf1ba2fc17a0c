"""A real Kafka node on the loopback: it starts, keeps what it acknowledged through kill -9, and stops."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from local import kafka, stack
from local.processes import Daemon, PortInUseError, StackError
from runtime.settings import Settings
from tests.support import wait_until

STORES = ("kafka", "clickhouse")


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def settings_in(state_dir: Path) -> Settings:
    broker, controller, clickhouse = free_ports(3)
    return Settings(
        state_dir=state_dir,
        kafka=f"127.0.0.1:{broker}",
        kafka_controller_port=controller,
        clickhouse_url=f"http://127.0.0.1:{clickhouse}",
    )


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    chosen = settings_in(tmp_path_factory.mktemp("stack"))
    try:
        yield stack.up(chosen, only=STORES)
    finally:
        stack.down(chosen)


def pid_of(settings: Settings, name: str) -> int:
    pid = Daemon(settings.state_dir, name).pid()
    assert pid is not None
    return pid


def messages(settings: Settings, topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka, enable_auto_commit=False)
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        read: list[bytes] = []
        deadline = time.monotonic() + 20
        while len(read) < count and time.monotonic() < deadline:
            for records in consumer.poll(timeout_ms=500).values():
                read += [record.value for record in records]
        return read
    finally:
        consumer.close()


@pytest.mark.stack
def test_acknowledged_messages_survive_kill_9_and_a_restart(settings: Settings) -> None:
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka)
    admin.create_topics([NewTopic("survives", num_partitions=1, replication_factor=1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=settings.kafka, acks="all")
    sent = [f"event {i}".encode() for i in range(500)]
    for future in [producer.send("survives", value) for value in sent]:
        future.get(timeout=10)
    producer.close()
    before = pid_of(settings, "kafka")
    os.kill(before, signal.SIGKILL)
    stack.up(settings, only=STORES)
    assert pid_of(settings, "kafka") != before
    assert messages(settings, "survives", len(sent)) == sent


@pytest.mark.stack
def test_only_what_died_is_started_again_with_the_same_environment(settings: Settings) -> None:
    kafka_pid, clickhouse_pid = pid_of(settings, "kafka"), pid_of(settings, "clickhouse")
    os.kill(clickhouse_pid, signal.SIGKILL)
    elsewhere = settings_in(settings.state_dir)
    started: list[str] = []
    in_force = stack.up(elsewhere, only=STORES, env={"HAILONG_CLOCK": "ignored"}, report=started.append)
    assert in_force == settings
    assert started == ["starting clickhouse", "ready"]
    assert pid_of(settings, "kafka") == kafka_pid
    assert httpx.get(f"{settings.clickhouse_url}/ping", trust_env=False).text == "Ok.\n"
    environment = Path(f"/proc/{pid_of(settings, 'clickhouse')}/environ").read_text()
    assert f"HAILONG_CLICKHOUSE_URL={settings.clickhouse_url}" in environment.split("\0")


@pytest.mark.stack
def test_status_tells_what_lives_and_answers(settings: Settings) -> None:
    rows = {row.name: row for row in stack.status(settings)}
    assert list(rows) == ["kafka", "clickhouse", "ingest", "stream", "feedback", "dashboards"]
    assert rows["kafka"].alive
    assert rows["kafka"].ready
    assert rows["kafka"].pid == pid_of(settings, "kafka")
    assert not rows["ingest"].alive
    assert not rows["ingest"].ready


@pytest.mark.stack
def test_every_listener_is_on_the_loopback(settings: Settings) -> None:
    text = (settings.state_dir / "kafka" / "server.properties").read_text()
    listeners = next(line for line in text.splitlines() if line.startswith("listeners="))
    assert all("//127.0.0.1:" in listener for listener in listeners.partition("=")[2].split(","))


@pytest.mark.stack
def test_a_busy_port_starts_nothing_and_names_the_setting(settings: Settings, tmp_path: Path) -> None:
    other = settings_in(tmp_path).model_copy(update={"kafka": settings.kafka})
    with pytest.raises(PortInUseError, match="set HAILONG_KAFKA to another address"):
        stack.up(other, only=STORES)
    assert not any(row.alive for row in stack.status(other))


@pytest.mark.stack
def test_a_process_that_dies_while_starting_shows_the_end_of_its_log(tmp_path: Path) -> None:
    broken = settings_in(tmp_path)
    data = tmp_path / "data" / "clickhouse"
    data.parent.mkdir(parents=True)
    data.write_text("a file where the folder should be")
    with pytest.raises(StackError, match=r"clickhouse ended while starting; the end of .*\n(.*\n)*.*FileExistsError"):
        stack.up(broken, only=("clickhouse",))
    stack.down(broken)


def has_ended(pid: int) -> bool:
    """Whether a process runs no more; it stays listed, as a zombie, until its parent takes note of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.stack
def test_down_leaves_no_process_and_no_addresses(tmp_path: Path) -> None:
    chosen = settings_in(tmp_path)
    stack.up(chosen, only=STORES)
    pids = [pid_of(chosen, name) for name in STORES]
    stack.down(chosen)
    wait_until(lambda: all(has_ended(pid) for pid in pids), 10)
    assert not (tmp_path / "endpoints.json").exists()
    assert not kafka.answers(chosen.kafka)
    stack.down(chosen)


def test_addresses_off_the_loopback_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="loopback only"):
        stack.up(Settings(state_dir=tmp_path, kafka="0.0.0.0:9092"), only=("kafka",))


@pytest.mark.parametrize(("path", "needed"), [("", "Java 17"), ("java-8", "Java 17")])
def test_a_missing_or_old_java_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, needed: str
) -> None:
    old = tmp_path / "java-8" / "java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_1\"' >&2\n")
    old.chmod(0o700)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / path))
    with pytest.raises(kafka.KafkaSetupError, match=needed) as failure:
        kafka.command(tmp_path, "127.0.0.1", 1, 2, tmp_path / "data")
    assert "\n" not in str(failure.value)


def test_a_missing_maven_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"21.0.1\"' >&2\n")
    java.chmod(0o700)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(kafka.KafkaSetupError, match=r"install it \(Debian: maven\)"):
        kafka.command(tmp_path, "127.0.0.1", 1, 2, tmp_path / "data")
