"""Does a customer's phone, plate, VIN, ID number or name stand where it must not?

Two questions are asked: is one of the values that this build knows anywhere (exact), and does anything merely look
like one (pattern)? Findings say where and how many, never which value.
"""

from __future__ import annotations

import gzip
import html
import io
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

import duckdb

from exports.shelf import literal, open_read_only, quoted
from ingest.home import home, read_json

Values = Mapping[str, Set[str]]  # kind -> values, upper case; kinds: phone, plate, vin, id_number, name

KIND_OF_COLUMN = {
    "phone": "phone", "second_phone": "phone", "insured_phone": "phone", "new_phone": "phone",
    "caller_number": "phone", "callee_number": "phone", "caller_phone": "phone", "referred_phone": "phone",
    "sender_phone": "phone",
    "plate_number": "plate", "vin": "vin", "id_number": "id_number",
    "customer_name": "name", "insured_name": "name", "owner_name": "name", "caller_name": "name",
    "sender_name": "name",
}  # fmt: skip
PUBLIC_COLUMNS = (
    "staff_name",
    "manager_name",
    "store_name",
    "city",
    "brand",
    "model",
    "insurer_code",
    "insurer_name",
    "region",
)
SHORTEST = {"phone": 10, "plate": 7, "vin": 6, "id_number": 8, "name": 2}  # an extension is no one's phone

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PATTERNS = {
    "phone": r"(^|[^0-9A-Za-z.])(\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}([^0-9A-Za-z]|$)",
    "plate": rf"[{PROVINCES}][A-HJ-NP-Z][·. -]?[A-HJ-NP-Z0-9]{{5,6}}([^0-9A-Za-z]|$)",
    "vin": r"(^|[^0-9A-Za-z])[A-HJ-NPR-Z0-9]{17}([^0-9A-Za-z]|$)",
    "id_number": r"(^|[^0-9A-Za-z])[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
    r"[0-9]{3}[0-9Xx]([^0-9A-Za-z]|$)",
}
TOKEN = re.compile(r"[0-9A-Z]+|[\u3400-\u9fff·]+")
DIGITS = re.compile(r"[0-9]{10,}")
PLATE = re.compile(r"([\u4e00-\u9fff][A-Z])[·.\- ]?([0-9A-Z]{5,6})(?![0-9A-Z])")
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
CHUNK = 16 * 1024 * 1024
WIDE_DIGITS = "".join(chr(0xFF10 + digit) for digit in range(10))


@dataclass(frozen=True, order=True)
class Finding:
    """One place where personal data stand: file or table, column or member, kind, how many cells or values."""

    place: str
    column: str
    kind: str
    count: int

    def __str__(self) -> str:
        return f"{self.place} · {self.column}: {self.count} × {self.kind}"


def personal_values(build: Path) -> Values:
    """The personal values a build knows: every personal column of its raw files, of what it archives and of restricted.duckdb.

    Names come from the first two only (restricted shows forms of address), without those that are also a word of a
    seed or the name of a member of staff: staff appear by name on purpose.
    """
    found: dict[str, set[str]] = {kind: set() for kind in (*SHORTEST, "public")}
    for kind, value in _received_values(read_json(build / "inputs.json")["entities"]):
        found[kind].add(value)
    for file in ("work.duckdb", "restricted.duckdb"):
        with open_read_only(build / file) as connection:
            columns = connection.execute(
                "select schema_name, table_name, column_name from duckdb_columns() "
                "semi join duckdb_tables() using (database_name, schema_name, table_name) "  # views repeat tables
                "where database_name = current_database() and data_type = 'VARCHAR' order by all"
            ).fetchall()
            parts = [
                f"select '{kind}' as kind, {quoted(column)} as value from {quoted(schema)}.{quoted(table)}"
                for schema, table, column in columns
                if (kind := _kind(file, schema, column))
            ]
            if parts:
                rows = connection.execute(
                    f"select distinct kind, upper(trim(value)) from ({' union all '.join(parts)}) "
                    "where value is not null"
                )
                for kind, value in rows.fetchall():
                    found[kind].add(value)
    found["name"] -= found.pop("public")
    return {
        kind: frozenset(value for value in values if len(value) >= SHORTEST[kind]) for kind, values in found.items()
    }


def _received_values(entities: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    """(kind, value) of every personal column of the raw files that the build read."""
    with duckdb.connect() as connection:
        for files in entities.values():
            if not files:
                continue
            raw = f"read_parquet([{', '.join(literal(home() / file) for file in files)}])"
            names = [row[0] for row in connection.execute(f"describe from {raw}").fetchall()]
            for column in names:
                if kind := _kind("raw", "raw", column):
                    values = (
                        f"select distinct upper(trim({quoted(column)})) from {raw} where {quoted(column)} is not null"
                    )
                    yield from ((kind, value) for (value,) in connection.execute(values).fetchall())


def _kind(file: str, schema: str, column: str) -> str | None:
    kind = KIND_OF_COLUMN.get(column)
    if kind == "name" and file == "restricted.duckdb":
        return None
    return kind or ("public" if column in PUBLIC_COLUMNS or schema == "seeds" else None)


def scan_analytics(file: Path, values: Values) -> list[Finding]:
    """Findings in every table of a DuckDB file: exact values and patterns in text, phone numbers in number columns."""
    return sorted(_scan_duckdb(file, values, patterns=True))


def scan_tree(paths: Iterable[Path], values: Values) -> list[Finding]:
    """Findings of exact values in files and folders: Parquet, DuckDB, SQLite, xlsx/zip, gzip, and any text.

    Names count as whole tokens in text and as whole cells in tables; a folder is walked; links are not followed.
    """
    kinds = {value: kind for kind in sorted(values) for value in values[kind]}
    findings: list[Finding] = []
    for path in sorted(_files(paths)):
        head = path.open("rb").read(16)
        if head.startswith(b"PAR1"):
            findings += _scan_parquet(path, values)
        elif head[8:12] == b"DUCK":
            findings += _scan_duckdb(path, values, patterns=False)
        else:
            if head.startswith(b"SQLite format 3"):
                findings += _scan_sqlite(path, kinds)
            with path.open("rb") as file:
                findings += _scan_stream(file, str(path), "content", kinds)
        findings += _found(path.name, str(path), "file name", kinds)
    return sorted(findings)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (file for file in path.rglob("*") if file.is_file() and not file.is_symlink())
        elif path.is_file():
            yield path


def _memory(values: Values) -> duckdb.DuckDBPyConnection:
    import pyarrow

    connection = duckdb.connect()
    pairs = [(kind, value) for kind in sorted(values) for value in sorted(values[kind])]
    known = pyarrow.table(
        {"kind": [kind for kind, _ in pairs], "value": [value for _, value in pairs]},
        schema=pyarrow.schema([("kind", pyarrow.string()), ("value", pyarrow.string())]),
    )
    connection.register("known_arrow", known)
    connection.execute("create temp table known as select kind, value from known_arrow")
    connection.unregister("known_arrow")
    return connection


def _scan_duckdb(file: Path, values: Values, patterns: bool) -> list[Finding]:
    with _memory(values) as connection:
        connection.execute(f"attach {literal(file)} as scanned (read_only)")
        tables = connection.execute(
            "select distinct schema_name, table_name from duckdb_columns() "
            "where database_name = 'scanned' and not internal order by all"
        ).fetchall()
        findings = []
        for schema, table in tables:
            source = f"scanned.{quoted(schema)}.{quoted(table)}"
            findings += _scan_relation(connection, source, f"{file.name}:{schema}.{table}", patterns)
        return findings


def _scan_parquet(file: Path, values: Values) -> list[Finding]:
    with _memory(values) as connection:
        return _scan_relation(connection, f"read_parquet({literal(file)})", str(file), patterns=False)


def _scan_relation(connection: duckdb.DuckDBPyConnection, source: str, place: str, patterns: bool) -> list[Finding]:
    """One set-based question per table: distinct cells, their tokens, the known values, the patterns."""
    cells = []
    for column, kind_of_data, *_ in connection.execute(f"describe select * from {source}").fetchall():
        name, where = quoted(column), ""
        if kind_of_data.startswith(("DATE", "TIME", "BOOL", "INTERVAL", "TINY", "SMALL", "INTEGER")):
            if "[" not in kind_of_data:
                continue  # too small for a phone number
        elif kind_of_data in ("BIGINT", "UBIGINT", "HUGEINT") or kind_of_data.startswith("DECIMAL("):
            where = f" where abs({name}) >= 1000000000"
        cells.append(f"select distinct {literal(column)} as col, cast({name} as varchar) as raw from {source}{where}")
    if not cells:
        return []
    looks_like = "".join(
        f" union all select col, '{kind} (pattern)', cell from cells where regexp_matches(cell, {literal(pattern)})"
        + (" and regexp_matches(cell, '[A-Z]') and regexp_matches(cell, '[0-9]')" if kind == "vin" else "")
        for kind, pattern in PATTERNS.items()
    )
    rows = connection.execute(f"""
        with cells as materialized (
            select col, upper(translate(trim(raw), '{WIDE_DIGITS}', '0123456789')) as cell
            from ({" union all ".join(cells)}) where raw is not null
        ),
        tokens as (
            select col, cell, cell as token from cells
            union all
            select col, cell, unnest(regexp_extract_all(cell, '[0-9A-Z]+')) from cells
            union all
            select col, cell, right(unnest(regexp_extract_all(cell, '[0-9]{{10,}}')), 11) from cells
            union all
            select col, cell, regexp_replace(unnest(regexp_extract_all(cell,
                '[\u4e00-\u9fff][A-Z][·. -]?[0-9A-Z]{{5,6}}')), '[·. -]', '') from cells
        ),
        hits as (
            select col, kind, cell from known join tokens on token = value
            {looks_like if patterns else ""}
        )
        select col, kind, count(distinct cell) from hits group by all order by all
    """).fetchall()
    return [Finding(place, column, kind, count) for column, kind, count in rows]


def _scan_sqlite(file: Path, kinds: Mapping[str, str]) -> list[Finding]:
    findings = []
    connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    try:
        names = connection.execute("select name from sqlite_master where type = 'table' order by name")
        for (table,) in names.fetchall():
            cursor = connection.execute(f"select * from {quoted(table)}")
            columns = [item[0] for item in cursor.description]
            for rows in iter(lambda cursor=cursor: cursor.fetchmany(20_000), []):
                for position, column in enumerate(columns):
                    cells = (row[position] for row in rows)
                    text = "\n".join(
                        cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
                        for cell in cells
                        if cell is not None
                    )
                    findings += _found(text, str(file), f"{table}.{column}", kinds)
    except sqlite3.DatabaseError:
        pass  # its bytes are scanned as well
    finally:
        connection.close()
    return findings


def _scan_stream(file: io.BufferedIOBase, place: str, column: str, kinds: Mapping[str, str]) -> list[Finding]:
    """Findings in a stream of bytes; archives are opened, long files are read in pieces that end with a line."""
    head = file.read(4)
    file.seek(0)
    if head.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(file) as archive:
            return [
                finding
                for name in sorted(archive.namelist())
                for finding in _scan_stream(io.BytesIO(archive.read(name)), place, name, kinds)
            ]
    if head.startswith(b"\x1f\x8b"):
        return _scan_stream(io.BytesIO(gzip.GzipFile(fileobj=file).read()), place, column, kinds)
    findings: dict[str, int] = {}
    while piece := file.read(CHUNK):
        piece += file.readline()
        for finding in _found(_decoded(piece), place, column, kinds):
            findings[finding.kind] = findings.get(finding.kind, 0) + finding.count
    return [Finding(place, column, kind, count) for kind, count in sorted(findings.items())]


def _decoded(piece: bytes) -> str:
    text = piece.decode("utf-8", "replace")
    if text.count("\ufffd") > 20:
        text += "\n" + piece.decode("gb18030", "replace")
    return text


def _found(text: str, place: str, column: str, kinds: Mapping[str, str]) -> list[Finding]:
    """Findings of exact values among the tokens of a text; count = distinct values."""
    if "\\u" in text:
        text = ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    if "&#" in text:
        text = html.unescape(text)
    text = text.upper().translate({ord(wide): str(digit) for digit, wide in enumerate(WIDE_DIGITS)})
    tokens = set(TOKEN.findall(text))
    tokens |= {run[-11:] for token in tokens if len(token) >= 10 for run in DIGITS.findall(token)}
    tokens |= {start + rest for start, rest in PLATE.findall(text)}
    counts: dict[str, int] = {}
    for value in tokens & kinds.keys():
        counts[kinds[value]] = counts.get(kinds[value], 0) + 1
    return [Finding(place, column, kind, count) for kind, count in sorted(counts.items())]
