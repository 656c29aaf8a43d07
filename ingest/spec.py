"""Source specs: one YAML file per source is all it takes to bring in another insurer's export."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ingest.entities import Entity, entities

BUILT_IN = Path(__file__).parent / "sources"
EVERY_SHEET = "*"


class SourceSpecError(ValueError):
    """A source spec cannot be used; the message says which line of which file and what to write instead."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TotalsRow(_Strict):
    """A line that sums up the file: declared, never loaded."""

    column: str
    starts_with: tuple[str, ...]
    required: bool = False
    """True if a file without it was cut off on its way."""

    @field_validator("starts_with", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class Read(_Strict):
    """How the bytes of a file become records."""

    format: Literal["csv", "xlsx", "json", "table"] = "csv"
    """What is meant to come; text, workbooks and pages are told apart by their content."""
    encodings: tuple[str, ...] = ("utf-8-sig", "utf-16", "gb18030", "big5", "latin-1")
    """Tried all; what comes out decides, the first only if nothing tells them apart."""
    delimiter: str = "auto"
    quote: str = '"'
    """Empty if quotes mean nothing."""
    records: str | None = None
    """Where a JSON document holds its list of records: data.list"""
    names: tuple[str, ...] | None = None
    """Column names of a file that has no header line."""
    without: dict[int, tuple[str, ...]] = {}
    """Of a record with so many fields: which of `names` it does not have. By default it lacks the last ones."""
    sheet: str | None = None
    """A name; "*": every visible sheet that carries the headers, one after the other; without it the best one."""
    totals_row: TotalsRow | None = None
    unanswered_if_blank: tuple[str, ...] = ()
    """Headers to fill in by hand: a row in which all of them are blank was not worked on and is declared so."""
    marker: str | None = None
    """Suffix of an empty file that says: complete. Without it the file waits."""

    @model_validator(mode="after")
    def _widths_fit(self) -> Read:
        for width, left_out in self.without.items():
            if not self.names or not set(left_out) <= set(self.names) or len(self.names) - len(left_out) != width:
                raise ValueError(f"`without` {width}: leave out names of `names`, so many that {width} of them remain")
        return self


class Pages(_Strict):
    """How an interface over HTTPS hands out its records, page by page."""

    path: str = ""
    """Below the connection's own address."""
    query: dict[str, str] = {}
    by: Literal["none", "number", "offset", "cursor", "link"] = "none"
    """What turns the page: its number, a count of records, a cursor or link that the page before names."""
    parameter: str | None = None
    """Name of the parameter that says it; by default `page`, `offset` or `cursor`."""
    first: int = 1
    """Number of the first page."""
    size_parameter: str | None = None
    size: int = Field(default=100, ge=1)
    next: str | None = None
    """Where a page names the next one (data.next); of links without it, the header Link."""
    total: str | None = None
    """Where a page says how many records there are in all; another number refuses the answer."""
    since: str | None = None
    """Name of the parameter that asks for what changed since the highest watermark, less one day."""

    @model_validator(mode="after")
    def _complete(self) -> Pages:
        if re.search(r"^//|:|\.\.|[?#\\\s]", self.path):
            raise ValueError("`path` lies below the connection's address: no host, no `..`; parameters go into `query`")
        if self.by == "cursor" and not self.next:
            raise ValueError("`by: cursor` also needs `next`: where a page names the cursor of the next one")
        return self

    def parameter_name(self) -> str:
        """The parameter that turns the page."""
        return self.parameter or {"number": "page"}.get(self.by, self.by)


class ColumnSource(_Strict):
    """Where one canonical column comes from and how its text is read."""

    headers: tuple[str, ...] = Field(default=(), alias="from")
    join: str | None = None
    date: tuple[str, ...] = ()
    timestamp: tuple[str, ...] = ()
    exclusive: bool = False
    """True if a last day is given as the first moment after it."""
    plus_one_year: bool = False
    """True if the header gives the first day of a year of cover and the last day is wanted."""
    money: Literal["yuan", "fen", "wan"] = "yuan"
    decimal_comma: bool = False
    percent: bool = False
    codes: dict[str, str] | None = None
    split: str | None = None
    year_from: str | None = None
    day: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> ColumnSource:
        if not self.headers and not self.year_from:
            raise ValueError("give `from: [headers]` or `year_from: header`")
        if self.year_from and not re.fullmatch(r"\d\d-\d\d", self.day or ""):
            raise ValueError('`year_from` also needs `day: "MM-DD"`')
        return self


class Extract(_Strict):
    """One kind of file or table of a source."""

    entity: str
    files: tuple[str, ...] = ()
    table: str | None = None
    pages: Pages | None = None
    watermark: str | None = None
    """Column (of pages: field) by which only what is new is fetched; without it everything is."""
    mode: Literal["delta", "snapshot"] | None = None
    read: Read = Read()
    constants: dict[str, str] = {}
    columns: dict[str, ColumnSource]
    ignored: tuple[str, ...] = ()
    """Headers that are known and not wanted."""
    may_be_empty: bool = False
    by_hand: bool = False
    """True if people fill it in: an optional cell that cannot be read is left empty and told, its row still counts."""
    daily: bool = False
    """True if the source owes a file for every day: a day without one is a gap, told until it is filled."""
    optional: bool = False
    """True if the source owes nothing on a given night (returned call lists before the first list)."""
    max_reject_share: float = 0.2
    max_drop_share: float = 0.5

    @field_validator("files", mode="before")
    @classmethod
    def _files_as_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("columns", mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        def full(item: Any) -> Any:
            if isinstance(item, str):
                return {"from": [item]}
            if isinstance(item, list):
                return {"from": item}
            if isinstance(item, dict):
                one = {key: [item[key]] for key in ("from", "date", "timestamp") if isinstance(item.get(key), str)}
                return {**item, **one}
            return item

        return {name: full(item) for name, item in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _fits_its_entity(self) -> Extract:
        if self.entity not in entities():
            raise ValueError(f"entity {self.entity!r} does not exist; there are {', '.join(entities())}")
        if sum(map(bool, (self.files, self.table, self.pages))) != 1:
            raise ValueError("give one of `files` (patterns), `table` and `pages`")
        if self.watermark and self.files:
            raise ValueError("`watermark` belongs to `table` or `pages`; files come by their names")
        if self.watermark and self.delivery_mode() == "snapshot":
            raise ValueError(
                "`watermark` fetches only what is new, so what a snapshot lacks would count as gone; drop one"
            )
        if self.pages and self.read.format != "json":
            raise ValueError("`pages` also need `read: {format: json}`")
        if self.pages and bool(self.watermark) != bool(self.pages.since):
            raise ValueError("`watermark` and `since` under `pages` belong together")
        known = set(entities()[self.entity].columns)
        unknown = (set(self.columns) | set(self.constants)) - known
        if unknown:
            raise ValueError(
                f"entity {self.entity!r} has no column {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}"
            )
        return self

    def delivery_mode(self) -> str:
        """delta or snapshot: the extract's own, else its entity's."""
        return self.mode or self.canonical().mode

    def canonical(self) -> Entity:
        """The entity this extract delivers."""
        return entities()[self.entity]


class Owner(_Strict):
    name: str
    contact: str


class Source(_Strict):
    """One source as its YAML file declares it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    connection: str
    owner: Owner
    identity: str = "vin"
    """The column that identifies a vehicle; anything but `vin` switches VIN rules off for this source."""
    late_after_days: int = 2
    extracts: dict[str, Extract]
    path: Path
    content_hash: str


def load(path: Path) -> Source:
    """Read and check one spec; raise SourceSpecError naming file, place and remedy."""
    text = path.read_text(encoding="utf-8")
    try:
        return Source(**yaml.safe_load(text), path=path, content_hash=hashlib.sha256(text.encode()).hexdigest()[:16])
    except (yaml.YAMLError, TypeError) as error:
        raise SourceSpecError(f"{path}: not a source spec: {error}. See docs/sources.md for an example.") from None
    except ValidationError as error:
        lines = "\n".join(f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SourceSpecError(
            f"{path}: the spec cannot be used:\n{lines}\nSee docs/sources.md for an example."
        ) from None


def sources() -> dict[str, Source]:
    """All sources by name: the dealership's own folder (XUBAO_SOURCES) if set, else the sample group's."""
    folder = Path(os.environ.get("XUBAO_SOURCES") or BUILT_IN)
    specs = [load(path) for path in sorted(folder.glob("*.yaml"))]
    if not specs:
        raise SourceSpecError(
            f"{folder}: there is no source spec (*.yaml). Set XUBAO_SOURCES to the folder that holds them."
        )
    by_name = {spec.name: spec for spec in specs}
    if len(by_name) < len(specs):
        raise SourceSpecError(f"{folder}: two specs have the same `name`. Each source needs a name of its own.")
    return by_name


_FIELD = re.compile(r"\{(\w+)(?::([^}]*))?\}")


def file_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern such as '保单清单_{business_date:%Y%m%d}*.csv' as a regular expression with named groups."""
    digits = {"%Y": r"\d{4}", "%m": r"\d{2}", "%d": r"\d{2}"}
    out, at = "", 0

    def literal(text: str) -> str:
        return re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")

    for match in _FIELD.finditer(pattern):
        name, form = match.groups()
        body = re.sub(r"%[Ymd]", lambda m: digits[m.group()], form) if form else r"[^_.]+"
        out += literal(pattern[at : match.start()]) + f"(?P<{name}>{body})"
        at = match.end()
    return re.compile(out + literal(pattern[at:]))


def is_of_a_month(extract: Extract, name: str) -> bool:
    """True if a file's name says a month and no day: it may grow until the month's end."""
    pattern = next((pattern for pattern in extract.files if file_pattern(pattern).fullmatch(name)), "")
    return "%m" in pattern and "%d" not in pattern


def match_file(extract: Extract, name: str) -> dict[str, Any] | None:
    """The fields of a file's name (business_date as date), or None if no pattern of the extract fits."""
    for pattern in extract.files:
        found = file_pattern(pattern).fullmatch(name)
        if not found:
            continue
        fields: dict[str, Any] = found.groupdict()
        form = next((m.group(2) for m in _FIELD.finditer(pattern) if m.group(1) == "business_date"), None)
        if form:
            try:
                day = datetime.strptime(fields["business_date"], form).date()
            except ValueError:
                continue
            fields["business_date"] = day if "%d" in form else _last_day(day)
        return fields
    return None


def _last_day(day: date) -> date:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)
