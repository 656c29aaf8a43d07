"""What select() tells the warehouse beside the files: small tables about what was received, read like archives."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq

from ingest.batches import Batch
from ingest.corrections import ROW_HEADER, SHEET, correction_of, next_name
from ingest.home import home
from ingest.reading import header_key
from ingest.rules import rules
from ingest.spec import Extract, Source, file_pattern

BATCH_TYPES = {
    "source": "VARCHAR", "extract": "VARCHAR", "entity": "VARCHAR", "file_name": "VARCHAR", "sha8": "VARCHAR",
    "version": "BIGINT", "received_on": "DATE", "business_date": "DATE", "verdict": "VARCHAR",
    "is_in_force": "BOOLEAN", "message_zh": "VARCHAR", "message_en": "VARCHAR", "owner": "VARCHAR",
    "records_read": "BIGINT", "loaded": "BIGINT", "quarantined": "BIGINT", "declared": "BIGINT",
    "rules": "VARCHAR", "declared_kinds": "VARCHAR", "warnings": "VARCHAR", "faults": "VARCHAR",
    "rule": "VARCHAR", "told": "BIGINT", "corrects": "VARCHAR", "is_of_a_day": "BOOLEAN",
}  # fmt: skip

STATUS_TYPES = {
    "source": "VARCHAR", "extract": "VARCHAR", "entity": "VARCHAR", "status": "VARCHAR",
    "last_good_business_date": "DATE", "last_good_received_on": "DATE", "degraded_since": "DATE",
    "age_days": "BIGINT", "message_zh": "VARCHAR", "message_en": "VARCHAR", "owner": "VARCHAR",
    "is_daily": "BOOLEAN", "is_optional": "BOOLEAN", "late_after_days": "BIGINT",
}  # fmt: skip

RULE_TYPES = {
    "rule_id": "VARCHAR", "is_of_files": "BOOLEAN", "effect": "VARCHAR", "zh": "VARCHAR", "en": "VARCHAR",
    "fix_zh": "VARCHAR", "fix_en": "VARCHAR", "asks": "VARCHAR",
}  # fmt: skip

REFERENCE_TYPES = {
    "received_on": "DATE", "source": "VARCHAR", "extract": "VARCHAR", "entity": "VARCHAR", "columns": "VARCHAR",
    "target": "VARCHAR", "referencing_records": "BIGINT", "unknown_records": "BIGINT", "limit_percent": "BIGINT",
    "is_above_limit": "BOOLEAN", "message_zh": "VARCHAR", "message_en": "VARCHAR", "owner": "VARCHAR",
}  # fmt: skip

SECONDS_TYPES = {
    "source": "VARCHAR", "extract": "VARCHAR", "file_name": "VARCHAR", "version": "BIGINT", "received_on": "DATE",
    "seconds": "DECIMAL(18,6)",
}  # fmt: skip

TOLD = {
    "batch": BATCH_TYPES, "source_status": STATUS_TYPES, "rule": RULE_TYPES, "reference": REFERENCE_TYPES,
    "seconds": SECONDS_TYPES,
}  # fmt: skip
"""Columns of each table."""


def is_of_a_day(extract: Extract, name: str) -> bool:
    """True for a file of a daily extract that is about one day, not a month."""
    return extract.daily and any("%d" in pattern and file_pattern(pattern).fullmatch(name) for pattern in extract.files)


def seconds_row(batch: Batch) -> dict[str, Any]:
    """How long one received file took."""
    row = {name: getattr(batch, name) for name in ("source", "extract", "version", "received_on")}
    return row | {"file_name": batch.name, "seconds": Decimal(str(batch.seconds))}


def batch_row(batch: Batch, is_in_force: bool, specs: dict[str, Source]) -> dict[str, Any]:
    """What came of one received file."""

    def as_json(value: dict[str, int]) -> str:
        return json.dumps(value, sort_keys=True, ensure_ascii=False)

    correction = correction_of(batch.name)
    spec = specs.get(batch.source)
    extract = spec.extracts.get(batch.extract) if spec else None
    return {
        "source": batch.source, "extract": batch.extract, "entity": batch.entity, "file_name": batch.name,
        "sha8": batch.sha256[:8], "version": batch.version, "received_on": batch.received_on,
        "business_date": batch.business_date, "verdict": batch.verdict, "is_in_force": is_in_force,
        "message_zh": batch.message_zh, "message_en": batch.message_en, "owner": batch.owner,
        "records_read": batch.records, "loaded": batch.loaded, "quarantined": batch.quarantined,
        "declared": sum(batch.declared.values()), "rules": as_json(batch.rules),
        "declared_kinds": as_json(batch.declared), "warnings": as_json(batch.warnings),
        "faults": json.dumps([fault["rule"] for fault in batch.faults]), "rule": batch.rule,
        "told": sum(batch.warnings.values()), "corrects": correction.original if correction else None,
        "is_of_a_day": extract is not None and not correction and is_of_a_day(extract, batch.name),
    }  # fmt: skip


def rejects(as_of: date, received: list[Batch], specs: dict[str, Source]) -> list[dict[str, Any]]:
    """Per used file of this night that has rejected rows: where they lie, whose they are, what its columns are called."""
    found = []
    for batch in received:
        source = specs.get(batch.source)
        if batch.received_on != as_of or not (batch.is_accepted and batch.quarantined and source):
            continue
        extract = source.extracts.get(batch.extract)
        if extract is None:
            continue
        names = {header_key(name): name for name in reversed(pq.read_schema(batch.held()).names)}
        columns = {
            name: {
                "zh": column.zh,
                "en": name,
                "headers": [names[key] for key in map(header_key, extract.columns[name].headers) if key in names],
            }
            for name, column in extract.canonical().columns.items()
            if name in extract.columns
        }
        found.append({
            "source": batch.source, "title": source.title, "extract": batch.extract, "owner": source.owner.name,
            "contact": source.owner.contact, "file_name": batch.name, "rows": batch.quarantined,
            "path": str(batch.held().relative_to(home())), "columns": columns, "key": extract.canonical().key,
            "sheet": SHEET, "row_header": ROW_HEADER, "comes_back": bool(extract.files),
            "name": next_name(batch.extract, batch.name) if extract.files else f"{batch.name}.退回.xlsx",
        })  # fmt: skip
    return found


def rule_rows() -> list[dict[str, Any]]:
    """The catalogue of rules."""
    return [
        one.model_dump(exclude={"id", "effect"})
        | {"rule_id": one.id, "is_of_files": one.is_of_files, "effect": "/".join(one.effect)}
        for one in rules().values()
    ]
