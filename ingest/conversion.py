"""From text to canonical columns and types, as one SQL statement per layout: set-based, and strict about dates."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingest import identifiers
from ingest.entities import SQL_TYPES, Column
from ingest.reading import UnreadableFileError, header_key, known_headers
from ingest.spec import ColumnSource, Extract, Source

DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y.%m.%d", "%d.%m.%Y")
TIMESTAMP_FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S",
    "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M", *DATE_FORMATS,
)  # fmt: skip
BLANKS = " \t\u3000\u00a0\ufeff\r\n'"
"""Cut off at both ends; a leading apostrophe or tab is how exports force Excel to keep text."""
ZERO_WIDTH = r"[\x{200b}-\x{200f}\x{2060}\x{feff}]"
WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u2212\u2013\u3000\u00a0"
NARROW = "".join(chr(code) for code in range(0x21, 0x7F)) + "--  "
TO_NARROW = str.maketrans(WIDE, NARROW)
EXCEL_ERRORS = "'#N/A', '#REF!', '#VALUE!', '#DIV/0!', '#NAME?', '#NUM!', '#NULL!'"
NO_PLATE = "'未上牌', '新车', '暂无', '无牌', '无', '未挂牌', '待上牌'"
HIDDEN = "'匿名', '未知', '保密', '无', '隐藏', 'unknown', 'anonymous', 'private', 'withheld', 'none'"
EXCEL_DAY_ZERO, FIRST_SERIAL, LAST_SERIAL = "1899-12-30", 32874, 65745
"""Excel counts days; numbers from 1990 to 2079 are understood in a column of dates."""
FAILURES = {
    "date": "not_a_date",
    "timestamp": "not_a_timestamp",
    "money": "not_money",
    "number": "not_a_number",
    "integer": "not_an_integer",
    "boolean": "not_a_boolean",
}
"""The rule a value breaks that is there and cannot become its type."""


def literal(value: str) -> str:
    """A string as SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def convert(tables: list[pa.Table], extract: Extract, source: Source) -> list[pa.Table]:
    """Canonical columns of text tables of one layout, each with `_row`, `_rule` (first broken conversion), `_note`
    (rules that were broken and let the row in, joined by ;) and `_is_repeat`.

    Raises UnreadableFileError if a required column has no header in the files.
    """
    names = [name for name in tables[0].column_names if name != "_row"]
    numbered = [
        _tidied(table)
        .rename_columns([*(f"t{place}" for place in range(len(names))), "_row"])
        .append_column("_table", pa.repeat(pa.scalar(number, pa.int32()), table.num_rows))
        for number, table in enumerate(tables)
    ]
    converted = query(statement(names, extract, source), received=pa.concat_tables(numbered))
    starts = [0, *accumulate(table.num_rows for table in tables)]
    return [converted.slice(start, table.num_rows) for start, table in zip(starts, tables, strict=False)]


def _tidied(table: pa.Table) -> pa.Table:
    """Cells without what stands around them: blanks, zero-width characters, the ="…" that forces Excel to keep text."""
    columns = []
    for name in table.column_names:
        cells = table[name]
        if name != "_row" and len(cells):
            if pc.any(pc.match_substring_regex(cells, ZERO_WIDTH)).as_py():
                cells = pc.replace_substring_regex(cells, ZERO_WIDTH, "")
            cells = pc.utf8_trim(cells, characters=BLANKS)
            if pc.any(pc.starts_with(cells, '="')).as_py():
                cells = pc.replace_substring_regex(cells, '^="(.*)"$', r"\1")
        columns.append(cells)
    return pa.table(columns, names=table.column_names)


def statement(headers: list[str], extract: Extract, source: Source) -> str:
    """The SQL that turns `received` (columns t0, t1 … as VARCHAR, `_row`, `_table`) into canonical rows.

    Raises UnreadableFileError if a required column has no header.
    """
    entity = extract.canonical()
    places: dict[str, str] = {}
    for place, name in enumerate(headers):
        places.setdefault(header_key(name), f"t{place}")
    missing = [
        "/".join(extract.columns[name].headers) if name in extract.columns else name
        for name, column in entity.columns.items()
        if column.required and _text(name, extract, places) == "null"
    ]
    if missing:
        raise UnreadableFileError(
            "file:columns_missing",
            f"缺少必需的列:{'、'.join(missing)}",
            f"required columns are missing: {', '.join(missing)}. If a header was renamed on purpose, add the new one "
            f"under `columns` in {source.path.name}",
        )
    cleaned, plain, parts, typed, failures, notes = [], [], [], [], [], []
    for name, column in entity.columns.items():
        text = _text(name, extract, places)
        if text == "null":
            typed.append(f"cast(null as {SQL_TYPES[column.type]}) as {identifier(name)}")
            continue
        is_key = column.type == "text" and (name in entity.key or name.endswith("_number"))
        value = _Value(name, column, extract.columns.get(name) or ColumnSource(**{"from": ("constant",)}), is_key)
        cleaned.append(f"{text} as {value.text}")
        plain.append(f"{value.text} in ({EXCEL_ERRORS}) as {value.is_error}, {value.plain_sql()} as {value.plain}")
        parts += [f"{sql} as {part}" for part, sql in value.parts(source)]
        typed.append(f"cast({value.typed(source)} as {SQL_TYPES[column.type]}) as {identifier(name)}")
        (failures if column.required else notes).append((value.is_error, f"{name}:excel_error"))
        lenient = notes if extract.by_hand and not column.required else failures
        if column.type in FAILURES:
            unread = f"{value.plain} is not null and {identifier(name)} is null"
            lenient.append((unread, f"{name}:{FAILURES[column.type]}"))
        if is_key or column.type == "phone":
            (lenient if column.type == "phone" else failures).append(
                (value.is_destroyed(), f"{name}:destroyed_by_excel")
            )
        if column.type == "phone" and lenient is notes:
            notes.append((f"{_is_no_phone(name)} and not {value.is_destroyed()}", f"{name}:not_a_phone"))
        notes += [(test, f"{name}:{rule}") for test, rule in value.doubts(source)]
    rule = f"case {' '.join(f'when {t} then {literal(r)}' for t, r in failures)} end" if failures else "null"
    note = f"concat_ws(';', {', '.join(f'case when {t} then {literal(r)} end' for t, r in notes)})" if notes else "null"
    columns = ", ".join(_kept(name, column, extract) for name, column in entity.columns.items())
    everything = ", ".join(f"t{place}" for place in range(len(headers))) or "_row"
    return f"""
        with cleaned as (select *, {", ".join(cleaned) or "null as nothing"} from received),
        plain as (select *, {", ".join(plain) or "null as nothing2"} from cleaned),
        parts as (select *, {", ".join(parts) or "null as nothing3"} from plain),
        typed as (select *, {", ".join(typed)} from parts)
        select {columns}, _row, cast({rule} as varchar) as _rule, cast(nullif({note}, '') as varchar) as _note,
            row_number() over (partition by _table, {everything} order by _row) > 1 as _is_repeat
        from typed
        order by _table, _row
    """


def _kept(name: str, column: Column, extract: Extract) -> str:
    """A phone number that people wrote down wrongly is told and not kept."""
    if column.type == "phone" and extract.by_hand and not column.required:
        return f"case when not coalesce({_is_no_phone(name)}, false) then {identifier(name)} end as {identifier(name)}"
    return identifier(name)


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """One in-memory DuckDB for a whole process: opening one costs more than converting a day's file."""
    return duckdb.connect()


def query(sql: str, **tables: pa.Table) -> pa.Table:
    """The result of a query over tables in memory, by the names they are given."""
    for name, table in tables.items():
        _engine().register(name, table)
    try:
        return _engine().execute(sql).to_arrow_table()
    finally:
        for name in tables:
            _engine().unregister(name)


def unknown_headers(table: pa.Table, extract: Extract) -> list[str]:
    """Headers of the file that its spec does not name: reported, not refused."""
    known = known_headers(extract)
    return [name for name in table.column_names if name != "_row" and header_key(name) not in known]


def _text(name: str, extract: Extract, places: dict[str, str]) -> str:
    """SQL for the text of a canonical column: trimmed, blank as null; 'null' if the file does not have it."""
    if name in extract.constants:
        return literal(extract.constants[name])
    source = extract.columns.get(name)
    if source is None:
        return "null"
    if source.year_from:
        place = places.get(header_key(source.year_from))
        year = f"try_cast(try_cast({place} as double) as integer)"
        return f"({year} || {literal('-' + (source.day or ''))})" if place else "null"
    present = [_trimmed(place) for header in source.headers if (place := places.get(header_key(header)))]
    if source.join is not None:
        return f"concat_ws({literal(source.join)}, {', '.join(present)})" if present else "null"
    return f"coalesce({', '.join(present)})" if present else "null"


def _trimmed(place: str) -> str:
    return f"nullif({place}, '')"


def _coded(text: str, codes: dict[str, str]) -> str:
    """Ours for their code; width and case do not matter."""
    exact = " ".join(f"when {literal(theirs)} then {literal(ours)}" for theirs, ours in codes.items())
    loose = {theirs.translate(TO_NARROW).lower(): ours for theirs, ours in codes.items()}
    whens = " ".join(f"when {literal(theirs)} then {literal(ours)}" for theirs, ours in loose.items())
    narrow = f"lower(translate({text}, {literal(WIDE)}, {literal(NARROW)}))"
    return f"case {text} {exact} else case {narrow} {whens} else {text} end end"


def _is_no_phone(name: str) -> str:
    return f"not regexp_matches({identifier(name)}, {literal(identifiers.PHONE)})"


@dataclass(frozen=True)
class _Value:
    """The SQL of one canonical column, in layers, so that no expression stands in the statement twice.

    `text`: as it came, trimmed; `plain`: without what Excel and full-width keyboards put around it, null for an
    error cell; then parts by type; then the typed value.
    """

    name: str
    column: Column
    given: ColumnSource
    is_key: bool

    @property
    def text(self) -> str:
        return identifier(f"text {self.name}")

    @property
    def is_error(self) -> str:
        return identifier(f"error {self.name}")

    @property
    def plain(self) -> str:
        return identifier(f"plain {self.name}")

    def part(self, what: str) -> str:
        return identifier(f"{what} {self.name}")

    def plain_sql(self) -> str:
        """Full-width letters and digits plain, except in free text; DuckDB's translate is slow, ASCII is spared it."""
        cell = self.text
        if self.column.type not in ("text", "code", "codes") or self.is_key:
            wide = f"translate({cell}, {literal(WIDE)}, {literal(NARROW)})"
            cell = rf"case when regexp_matches({cell}, '[\x{{ff01}}-\x{{ff5e}}\x{{2212}}\x{{2013}}\x{{3000}}\x{{a0}}]') then {wide} else {cell} end"
        return f"case when {self.text} not in ({EXCEL_ERRORS}) then {cell} end"

    def parts(self, source: Source) -> list[tuple[str, str]]:
        """What the typed value is put together from."""
        plain = self.plain
        match self.column.type:
            case "date":
                time = r"[T ]\s*\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$"
                day = f"try_strptime(regexp_replace({plain}, '{time}', ''), {list(self.given.date or DATE_FORMATS)})"
                value = f"coalesce({day}, {_serial(plain, whole_days=True)})"
                shifted = f"date_trunc('day', {_shifted(plain)})"
                return [(self.part("day"), f"case when {_has_offset(plain)} then {shifted} else {value} end")]
            case "timestamp":
                local = rf"regexp_replace({plain}, '(\d{{2}}:\d{{2}}:\d{{2}})\.\d+', '\1')"
                return [(self.part("local"), rf"regexp_replace({local}, '(\d)T(\d)', '\1 \2')")]
            case "money":
                bare = rf"regexp_replace({plain}, '¥|￥|元|圆|\$|\s|RMB|CNY', '', 'g')"
                bare = f"replace({bare}, ',', '')" if not self.given.decimal_comma else _comma_as_point(bare)
                signed = rf"regexp_replace({bare}, '^\((.*)\)$|^([^-].*)-$', '-\1\2')"
                is_number = r"-?\d+" if self.given.decimal_comma else r"-?\d+(\.\d+)?"
                plain_or = rf"case when regexp_full_match({plain}, '{is_number}') then {plain} else {signed} end"
                return [(self.part("signed"), plain_or)]
            case "phone":
                return [(self.part("number"), _phone_number(plain))]
            case "vin":
                return [(self.part("vin"), vin := rf"upper(regexp_replace({plain}, '\s', '', 'g'))"),
                        (self.part("digits"), identifiers.vin_digits(vin))]  # fmt: skip
        return []

    def typed(self, source: Source) -> str:
        """The typed value; null where the text is there but cannot be read."""
        plain = self.plain
        match self.column.type:
            case "date":
                return self._last_day(self.part("day"))
            case "timestamp":
                return self._moment()
            case "money":
                return self._money()
            case "number":
                bare = f"replace({plain}, ',', '')"
                share = f"try_cast(replace({bare}, '%', '') as decimal(18,6))"
                is_percent = rf"{plain} like '%\%' escape '\' or {self.given.percent}"
                return f"case when {is_percent} then {share} / 100 else {share} end"
            case "integer":
                bare = rf"regexp_replace(replace({plain}, ',', ''), '\.0+$', '')"
                return rf"case when regexp_full_match({bare}, '-?\d+') then try_cast({bare} as bigint) end"
            case "boolean":
                return (
                    f"case when lower({plain}) in ('1', '是', 'y', 'yes', 'true', '√', '有') then true "
                    f"when lower({plain}) in ('0', '否', 'n', 'no', 'false', '无', '×') then false end"
                )
            case "vin" if source.identity == "vin":
                return self.part("vin")
            case "plate":
                bare = rf"upper(regexp_replace({plain}, '\s|·|•|\.|-', '', 'g'))"
                bare = rf"case when regexp_full_match({plain}, '.[A-Z0-9]{{6,7}}') then {plain} else {bare} end"
                return f"case when {plain} not in ({NO_PLATE}) then {bare} end"
            case "phone":
                is_hidden = self._is_hidden()
                mobile = rf"regexp_replace({self.part('number')}, '^(?:\+?86|0086|0)(1\d{{10}})$', '\1')"
                whole = rf"regexp_replace({mobile}, '^(?:\+|00)860?([2-9]\d{{8,10}})$', '0\1')"
                return f"case when not ({is_hidden}) then {whole} end"
            case "codes":
                parts = f"string_split({plain}, {literal(self.given.split or ';')})"
                part = f"trim(part, {literal(BLANKS)})"
                each = _coded(part, self.given.codes) if self.given.codes else part
                return f"array_to_string(list_sort(list_distinct(list_transform({parts}, lambda part: {each}))), ';')"
            case "code" if self.given.codes:
                return _coded(plain, self.given.codes)
        return rf"regexp_replace({plain}, '^(\d+)\.0+$', '\1')" if self.is_key else plain

    def _last_day(self, day: str) -> str:
        """A day. A time behind it was cut off; 24:00 belongs to the day it ends.

        `exclusive`: the value is the first moment without cover, so the day before is meant (DOMAIN §2).
        `plus_one_year`: the value is the first day of cover and the last one is meant; cover from 29 February ends
        on 28 February.
        """
        if self.given.exclusive:
            inside = r"[T ](?:0?[1-9]|1\d|2[0-4]):|[T ]0?0:(?:[1-5]\d|0[1-9])"
            day = f"case when regexp_matches({self.plain}, '{inside}') then {day} else {day} - interval 1 day end"
        if self.given.plus_one_year:
            next_year = f"{day} + interval 1 year"
            day = f"case when day({next_year}) = day({day}) then {next_year} - interval 1 day else {next_year} end"
        return day

    def _moment(self) -> str:
        """A moment in local time; one with an offset is put into the installation's time zone."""
        local = self.part("local")
        formats = list(self.given.timestamp or TIMESTAMP_FORMATS)
        parsed = f"try_strptime(regexp_replace({local}, ' 24:00(:00)?$', ' 00:00:00'), {formats})"
        late = f"case when {local} like '% 24:00%' then interval 1 day else interval 0 day end"
        return f"case when {_has_offset(self.plain)} then {_shifted(self.plain)} else coalesce({parsed} + {late}, {_serial(self.plain)}) end"

    def _money(self) -> str:
        """Yuan with two places, rounded half-up; thousands, ¥, 元, 万 and parentheses as minus are understood."""
        signed = self.part("signed")
        scale = {"yuan": "{}", "fen": "{} * 0.01", "wan": "{} * 10000"}[self.given.money]
        value = scale.format(f"try_cast({signed} as decimal(18,{4 if self.given.money == 'wan' else 2}))")
        ten_thousands = f"try_cast(rtrim({signed}, '万') as decimal(18,4)) * 10000"
        value = f"try_cast(case when {signed} like '%万' then {ten_thousands} else {value} end as decimal(18,2))"
        return rf"case when regexp_full_match({signed}, '[+-]?\d{{1,15}}(\.\d*)?万?') then {value} end"

    def is_destroyed(self) -> str:
        """Excel keeps 15 digits: it writes longer numbers with an exponent, or with zeros behind."""
        if self.column.type == "phone":
            return rf"regexp_full_match({self.part('number')}, '\d(\.\d+)?[eE]\+?\d+')"
        return rf"regexp_full_match({self.plain}, '\d(\.\d+)?[eE]\+?\d+|\d{{15}}0{{4,}}')"

    def _is_hidden(self) -> str:
        return f"lower({self.plain}) in ({HIDDEN}) or {self.plain} like '%**%'"

    def doubts(self, source: Source) -> list[tuple[str, str]]:
        """(test, rule) of what lets a row in and is told."""
        cell = identifier(self.name)
        match self.column.type:
            case "vin" if source.identity == "vin":
                return [(identifiers.vin_check_fails(cell, self.part("digits")), "check_digit")]
            case "phone":
                return [
                    (self._is_hidden(), "hidden_number"),
                    (rf"regexp_matches({self.plain}, '\d[/、,;|]\s*\d')", "more_than_one_number"),
                    (f"regexp_matches({cell}, {literal(identifiers.UNASSIGNED)})", "unassigned_range"),
                ]
            case "plate":
                return [(f"{self.plain} in ({NO_PLATE})", "no_plate")]
        return (
            [(identifiers.id_number_check_fails(f"upper({cell})"), "check_digit")] if self.name == "id_number" else []
        )


def _has_offset(plain: str) -> str:
    return rf"regexp_matches({plain}, '\d:\d{{2}}(:\d{{2}}(\.\d+)?)?\s*(Z|[+-]\d{{2}}:?\d{{2}})$')"


def _shifted(plain: str) -> str:
    """A moment with an offset from UTC, in the installation's time zone."""
    return f"timezone({literal(os.environ.get('XUBAO_TIMEZONE', 'Asia/Shanghai'))}, try_cast({plain} as timestamptz))"


def _comma_as_point(text: str) -> str:
    return f"replace(replace({text}, '.', ''), ',', '.')"


def _serial(plain: str, whole_days: bool = False) -> str:
    """Excel's count of days as a moment; null for any other text."""
    number = rf"try_cast(regexp_extract({plain}, '^(\d{{5}}(?:\.\d+)?)$', 1) as double)"
    number = f"floor({number})" if whole_days else number
    is_near = (
        rf"regexp_matches({plain}, '^[3-6]\d{{4}}(\.\d+)?$') and {plain} between '{FIRST_SERIAL}' and '{LAST_SERIAL}'"
    )
    return f"case when {is_near} then timestamp '{EXCEL_DAY_ZERO}' + to_seconds(cast(round({number} * 86400) as bigint)) end"


def _phone_number(plain: str) -> str:
    """The first number of a cell: without extension, brackets and the point or the exponent that Excel gave it."""
    first = rf"regexp_replace({plain}, '[/、,;|].*$|\.0+$|(转|分机|ext\.?|#).*$', '', 'i')"
    extended = rf"regexp_replace({first}, '^(.*0\d{{2,3}}[ )-]*\d{{7,8}})-\d{{1,6}}$', '\1')"
    bare = rf"regexp_replace({extended}, '[\s()·.-]', '', 'g')"
    mended = f"cast(try_cast({plain} as decimal(20,0)) as varchar)"
    return rf"case when {plain} similar to '1\.\d{{10}}[eE]\+?10' then {mended} when {plain} similar to '.*\d[eE]\+?\d+' then {plain} else {bare} end"
