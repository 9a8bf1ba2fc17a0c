"""A single Apache Kafka node (KRaft) on the loopback: brought from Maven Central once, formatted once, then started."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from local.processes import StackError

JAVA_MINIMUM = 17
DOWNLOAD_TIMEOUT_S = 600
FORMAT_TIMEOUT_S = 60
_POM = Path(__file__).with_name("pom.xml")
_LOG4J = Path(__file__).with_name("log4j2.properties")


class KafkaSetupError(StackError):
    """Kafka cannot be brought or prepared; the sentence says what to install or where the reason is."""


def command(state_dir: Path, host: str, port: int, controller_port: int, data_dir: Path) -> list[str]:
    """Bring and format what is missing and return the command line that runs the node.

    Takes about fifteen seconds the first time and a fifth of a second afterwards. Raises KafkaSetupError.
    """
    java = _java()
    jars = _jars()
    properties = state_dir / "kafka" / "server.properties"
    properties.parent.mkdir(parents=True, exist_ok=True)
    properties.write_text(_server_properties(host, port, controller_port, data_dir))
    if not (data_dir / "meta.properties").exists():
        _format(_jvm(java, jars, "-Xmx128m"), properties, data_dir)
    return [*_jvm(java, jars, "-Xms128m", "-Xmx256m"), "kafka.Kafka", str(properties)]


def answers(bootstrap: str) -> bool:
    """Whether a broker at ``host:port`` answers a metadata request, within about three seconds."""
    host, _, port = bootstrap.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
        admin = KafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2000, bootstrap_timeout_ms=3000)
    except (OSError, KafkaError):
        return False
    try:
        return bool(admin.describe_cluster()["brokers"])
    except KafkaError:
        return False
    finally:
        admin.close()


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(home) / "bin" / "java") if home else "java")
    if java is None:
        raise KafkaSetupError(f"Kafka needs Java {JAVA_MINIMUM} or newer: install it (Debian: default-jre-headless)")
    output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=60).stderr
    version = re.search(r'version "(\d+)', output)
    if version is None or int(version[1]) < JAVA_MINIMUM:
        name = version[1] if version else "of an unknown version"
        raise KafkaSetupError(f"Kafka needs Java {JAVA_MINIMUM} or newer, {java} is {name}: install a newer one")
    return java


def _jars() -> Path:
    """The folder of Kafka's jars, shared by every stack of this user and named by what the pom asks for."""
    pom = _POM.read_bytes()
    version = re.search(rb"<kafka.version>(.+?)<", pom)
    name = f"kafka-{version[1].decode() if version else ''}-{hashlib.sha256(pom).hexdigest()[:8]}"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hailong"
    jars = cache / name
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise KafkaSetupError("Kafka's jars are brought by Maven: install it (Debian: maven)")
    cache.mkdir(parents=True, exist_ok=True)
    # Only a complete folder gets the name that is looked for, so a download cut short is simply repeated.
    with tempfile.TemporaryDirectory(dir=cache, prefix="download-") as partial:
        output = Path(partial) / "lib"
        bring = [maven, "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies", f"-DoutputDirectory={output}"]
        try:
            done = subprocess.run(bring, capture_output=True, text=True, check=False, timeout=DOWNLOAD_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            raise KafkaSetupError(f"Maven did not bring Kafka's jars within {DOWNLOAD_TIMEOUT_S} s") from error
        if done.returncode != 0 or not any(output.glob("kafka_*.jar")):
            raise KafkaSetupError(f"Maven could not bring Kafka's jars:\n{(done.stdout + done.stderr).strip()[-2000:]}")
        try:
            output.rename(jars)
        except OSError:
            if not jars.is_dir():  # otherwise another process finished the same download first
                raise
    return jars


def _jvm(java: str, jars: Path, *heap: str) -> list[str]:
    return [
        java,
        *heap,
        "-XX:+UseSerialGC",
        # The second compiler costs more than it brings on one machine: an import took the broker half the time without.
        "-XX:TieredStopAtLevel=1",
        "-XX:MaxDirectMemorySize=64m",
        f"-Dlog4j2.configurationFile={_LOG4J}",
        "-cp",
        f"{jars}/*",
    ]


def _format(jvm: list[str], properties: Path, data_dir: Path) -> None:
    """Format storage aside and move it into place complete, so that a format cut short is simply repeated."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    with tempfile.TemporaryDirectory(dir=data_dir.parent, prefix="kafka-format-") as aside:
        fresh = Path(aside) / "data"
        settings = Path(aside) / "server.properties"
        settings.write_text(properties.read_text() + f"log.dirs={fresh}\n")  # the last value of a name counts
        tool = [*jvm, "kafka.tools.StorageTool", "format", "--standalone"]
        tool += [f"--cluster-id={cluster}", f"--config={settings}"]
        done = subprocess.run(tool, capture_output=True, text=True, check=False, timeout=FORMAT_TIMEOUT_S)
        if done.returncode != 0:
            raise KafkaSetupError(f"Kafka could not format {data_dir}:\n{(done.stdout + done.stderr).strip()[-2000:]}")
        try:
            fresh.rename(data_dir)
        except OSError as error:
            message = f"{data_dir} holds files but no Kafka storage; move them away and start again"
            raise KafkaSetupError(message) from error


def _server_properties(host: str, port: int, controller_port: int, data_dir: Path) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.bootstrap.servers": f"{host}:{controller_port}",
        "listeners": f"PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": data_dir.resolve(),
        "auto.create.topics.enable": "false",
        "message.max.bytes": 4 * 1024 * 1024,
        "replica.fetch.max.bytes": 4 * 1024 * 1024,
        "log.segment.bytes": 64 * 1024 * 1024,
        "group.initial.rebalance.delay.ms": 0,
        # A killed node comes back at once: its old registration must have ended by then.
        "broker.session.timeout.ms": 2000,
        "broker.heartbeat.interval.ms": 500,
        "num.network.threads": 2,
        "num.io.threads": 4,
        # One node keeps one copy of its own topics, in few partitions so that it starts quickly.
        "default.replication.factor": 1,
        "min.insync.replicas": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 2,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 2,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
