"""A ClickHouse statement as the foundation SDK takes it; the SDK has no query of its own for this plugin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.cog import builder, runtime, variants
from grafana_foundation_sdk.models.dashboard import DataSourceRef

PLUGIN = "grafana-clickhouse-datasource"
PLUGIN_VERSION = "4.20.0"
SERIES, TABLE = 0, 1
QUERY_TYPES = {SERIES: "timeseries", TABLE: "table"}
VARIABLE_SOURCE = DataSourceRef(type_val=PLUGIN, uid="${datasource}")


@dataclass
class ClickHouseQuery(variants.Dataquery, builder.Builder[variants.Dataquery]):
    """``sql`` with the plugin's macros; ``shape`` is SERIES (first column a time) or TABLE."""

    sql: str
    shape: int = TABLE
    ref_id: str = "A"

    def build(self) -> variants.Dataquery:
        """The query itself: it is its own builder."""
        return self

    def to_json(self) -> dict[str, Any]:
        """The target of a panel in the dashboard's JSON."""
        return {
            "refId": self.ref_id,
            "datasource": VARIABLE_SOURCE,
            "editorType": "sql",
            "rawSql": self.sql,
            "format": self.shape,
            "queryType": QUERY_TYPES[self.shape],
            "pluginVersion": PLUGIN_VERSION,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ClickHouseQuery:
        """The query of a target."""
        return cls(data["rawSql"], data["format"], data["refId"])


runtime.Runtime().register_dataquery_variant(runtime.DataqueryConfig(PLUGIN, ClickHouseQuery.from_json))
