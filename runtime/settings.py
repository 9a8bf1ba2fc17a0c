"""Every setting of every process, read from the environment in one place.

Production differs from the local stack in these values only. Each variable is the field's name in capitals
behind ``HAILONG_``; the README lists them in a table that a test compares with this class.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Frozen settings, built once by the command line and passed on as an argument."""

    model_config = SettingsConfigDict(env_prefix="HAILONG_", frozen=True, extra="ignore")

    state_dir: Path = Field(Path(".local"), description="Folder of the local stack: data, logs, process ids, addresses")
    kafka: str = Field("127.0.0.1:19092", description="Kafka bootstrap servers, host:port, separated by commas")
    kafka_controller_port: int = Field(19093, description="Port of the local Kafka's own controller")
    kafka_partitions: int = Field(4, ge=1, description="Partitions of the event topic when it is made")
    kafka_replication: int = Field(1, ge=1, description="Copies of every topic when it is made")
    clickhouse_url: str = Field("http://127.0.0.1:18123", description="ClickHouse's HTTP address")
    clickhouse_database: str = Field("hailong", description="Database that holds every table")
    clickhouse_user: str = Field("default", description="ClickHouse user")
    clickhouse_password: SecretStr = Field(SecretStr(""), description="ClickHouse password")
    listen_host: str = Field(
        "", description="Address the services bind to; empty: that of their own URL (in containers: 0.0.0.0)"
    )
    ingest_url: str = Field("http://127.0.0.1:18080", description="Address where events are admitted")
    stream_url: str = Field("http://127.0.0.1:18084", description="Address of the stream's metrics")
    api_url: str = Field("http://127.0.0.1:18081", description="Address of the read API")
    dashboards_url: str = Field("http://127.0.0.1:18501", description="Address of the supervisor's pages")
    feedback_url: str = Field("http://127.0.0.1:18082", description="Address of the pages for citizens")
    public_ingest_url: str = Field("", description="Ingest's address as tablets reach it; empty: the same")
    public_feedback_url: str = Field("", description="Those pages' address as citizens reach it; empty: the same")
    grafana_url: str = Field("http://127.0.0.1:13000", description="Address of Grafana, for `hailong grafana push`")
    grafana_token: SecretStr = Field(SecretStr(""), description="Token of a Grafana service account (role Admin)")
    smtp_url: SecretStr = Field(
        SecretStr(""), description="Mail server of `hailong report --mail`: smtp://user:password@host:587, smtps://…"
    )
    mail_from: str = Field("", description="Sender's address of mailed reports")
    api_key: SecretStr = Field(
        SecretStr(""), description="Key of the systems that send events and load reference data; required by ingest"
    )
    ack: Literal["outbox", "kafka"] = Field(
        "outbox", description="When a sender gets its answer: event synced on ingest's disk, or acknowledged by Kafka"
    )
    outbox_path: Path = Field(Path(".local/data/outbox.sqlite"), description="Ingest's durable outbox (SQLite)")
    outbox_max_mb: int = Field(2048, ge=1, description="Undelivered and refused bytes kept before ingest answers 503")
    id_retention_days: int = Field(30, ge=1, description="How long ingest recognises an id with other content")
    max_event_bytes: int = Field(65_536, ge=1024, description="Largest single event")
    max_body_mb: int = Field(100, ge=1, description="Largest request body of a system; of a tablet 1 MB")
    tablet_ratings_per_hour: int = Field(240, ge=1, description="Ratings of one hour that a tablet may hand in")
    tablet_backlog_days: int = Field(90, ge=1, le=3650, description="Greatest age of a rating that a tablet hands in")
    flush_interval_s: float = Field(0.2, gt=0, description="Longest time an event waits in the stream's batch")
    flush_max_events: int = Field(50_000, ge=1, description="Largest batch the stream writes at once")
    flush_max_mb: int = Field(32, ge=1, description="Largest batch in bytes, but for one round of polling")
    flush_max_batches: int = Field(10, ge=2, description="Batches in hand before the stream reads no further")
    stream_group: str = Field("hailong-stream", description="Consumer group of the stream")
    stream_instance: str = Field("stream-0", description="Name of this stream process in its consumer group")
    dead_letters_run: int = Field(1_000, ge=1, description="Messages in a row that may be set aside before it stops")
    dead_letters_share: float = Field(0.1, gt=0, le=1, description="Share of messages that may be set aside")
    recount_max_events: int = Field(200_000, ge=1, description="Raw events that one recount of the read API may read")
    question_max_s: int = Field(
        60, ge=1, description="Longest time the store may take for one statement of the read API"
    )
    allowed_hosts: str = Field(
        "",
        description="Names, separated by commas, that pages and read API may be asked by; addresses, names without a "
        "dot and those of their own URLs always may",
    )
    clock: str = Field(
        "", description="Empty for the wall clock; START/ANCHOR/SPEED/SECONDS replays a past day for the demo"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged")

    @property
    def site(self) -> str:
        """The pages for citizens as they reach them, without a slash at the end."""
        return (self.public_feedback_url or self.feedback_url).rstrip("/")
