"""The published tables of a night as CSV."""

from __future__ import annotations

from pathlib import Path

from tests.dbt_project.small_night import Night

HERE = Path(__file__).parent
WORDS = {"dim_label", "dim_statutory_day", "dropdown"}
"""Tables that repeat a seed's words: the labels' own tests hold them, and every new label or year would change them here."""
PUBLISHED = "database_name in ('analytics', 'restricted')"


def names(night: Night) -> dict[str, str]:
    """Table → its name in three parts, for every published table."""
    rows = night.rows(f"select table_name, database_name, schema_name from duckdb_tables() where {PUBLISHED}")
    return {table: f"{database}.{schema}.{table}" for table, database, schema in rows if table not in WORDS}


def as_csv(night: Night) -> dict[str, str]:
    """Table → its rows in total order as CSV with a header, for every published table that has any; NULL is \\N."""
    found = {}
    for table, relation in sorted(names(night).items()):
        path = night.folder / "golden.csv"
        night.rows(f"copy (select * from {relation} order by all) to '{path}' (header, nullstr '\\N')")
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 1:
            found[table] = text
    return found


def expected(name: str) -> dict[str, str]:
    """Table → CSV as it was checked for a night."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((HERE / name).glob("*.csv"))}
