"""Keys that name a record nobody delivered: counted when all sources are in, against what is in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.entities import Entity, Reference, entities
from ingest.home import home
from ingest.rules import rule
from ingest.spec import Source
from ingest.sql import identifier, literal, query

FEW = 50
"""Rows below which a share says nothing: of fewer, three that are a day late are more than a twentieth."""


def counted(files: Mapping[str, list[str]], specs: Mapping[str, Source]) -> list[dict[str, Any]]:
    """Per night of reception, source, extract and reference: rows that have the key, and those that name nothing.

    `files`: the raw files in force per entity. An entity that nobody delivers is not missed.
    """
    found = []
    for entity in entities().values():
        for reference in entity.references:
            if reference.to in files and len(files[reference.to]) > 1 and len(files[entity.name]) > 1:
                found += [_row(one, entity, reference, specs) for one in _count(files, entity, reference)]
    return sorted(
        found, key=lambda row: tuple(str(row[name]) for name in ("received_on", "source", "extract", "columns"))
    )


def _count(files: Mapping[str, list[str]], entity: Entity, reference: Reference) -> list[dict[str, Any]]:
    target = entities()[reference.to]
    keys = list(zip(reference.columns, target.key, strict=False))
    named = " and ".join(f"received.{identifier(ours)} = known.{identifier(theirs)}" for ours, theirs in keys)
    is_given = " and ".join(f"{identifier(ours)} is not null" for ours, _ in keys)
    theirs = ", ".join(identifier(name) for _, name in keys)
    return query(f"""
        with known as (select distinct {theirs} from {_parquet(files[target.name])}),
        received as (select * from {_parquet(files[entity.name])} where {is_given})
        select _received_on as received_on, _source as source, _extract as extract, count(*) as referencing_records,
            count(*) filter (where not exists (from known where {named})) as unknown_records
        from received group by all
    """).to_pylist()


def _parquet(files: list[str]) -> str:
    paths = ", ".join(literal(str(home() / file)) for file in files)
    return f"read_parquet([{paths}], union_by_name = true)"


def _row(count: dict[str, Any], entity: Entity, reference: Reference, specs: Mapping[str, Source]) -> dict[str, Any]:
    rows, unknown = count["referencing_records"], count["unknown_records"]
    source = specs.get(count["source"])
    is_above = rows >= FEW and unknown > reference.may_miss * rows
    row = count | {
        "entity": entity.name, "columns": ", ".join(reference.columns), "target": reference.to,
        "limit_percent": round(reference.may_miss * 100), "is_above_limit": is_above, "message_zh": "",
        "message_en": "", "owner": f"{source.owner.name}({source.owner.contact})" if source else "",
    }  # fmt: skip
    if not is_above:
        return row
    one = rule("references_nothing")
    share = f"{unknown / rows:.0%}"
    zh, en = one.told(f"{share},上限 {reference.may_miss:.0%}", f"{share}, limit {reference.may_miss:.0%}")
    title = source.title if source else count["source"]
    called = "、".join(entity.columns[name].zh for name in reference.columns)
    return row | {
        "message_zh": f"{title} {entity.zh}的{called}:{zh}。{one.fix_zh}。请联系{row['owner']}",
        "message_en": f"{title} {entity.name}.{row['columns']} → {reference.to}: {en}; {one.fix_en}. Ask {row['owner']}.",
    }
