"""What a cell's text means, by the type of its column: the SQL that reads dates, money, phones and the like strictly."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ingest import identifiers
from ingest.entities import Column
from ingest.spec import ColumnSource, Source
from ingest.sql import identifier, literal

DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y.%m.%d", "%d.%m.%Y")
TIMESTAMP_FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S",
    "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M", *DATE_FORMATS,
)  # fmt: skip
BLANKS = " \t\u3000\u00a0\ufeff\r\n'"
"""Cut off at both ends; a leading apostrophe or tab is how exports force Excel to keep text."""
WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u2212\u2013\u3000\u00a0"
NARROW = "".join(chr(code) for code in range(0x21, 0x7F)) + "--  "
TO_NARROW = str.maketrans(WIDE, NARROW)
EXCEL_ERRORS = "'#N/A', '#REF!', '#VALUE!', '#DIV/0!', '#NAME?', '#NUM!', '#NULL!'"
NO_PLATE = "'未上牌', '新车', '暂无', '无牌', '无', '未挂牌', '待上牌'"
HIDDEN = "'匿名', '未知', '保密', '无', '隐藏', 'unknown', 'anonymous', 'private', 'withheld', 'none'"
MOBILE = r"1\d{10}"
EARLIEST = "1900-01-01"
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


@dataclass(frozen=True)
class Value:
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
                day = _parsed(f"regexp_replace({plain}, '{time}', '')", self.given.date or DATE_FORMATS)
                value = f"coalesce({day}, {_serial(plain, whole_days=True)})"
                shifted = f"date_trunc('day', {_shifted(plain)})"
                return [(self.part("day"), f"case when {_has_offset(plain)} then {shifted} else {value} end")]
            case "timestamp":
                local = rf"regexp_replace({plain}, '(\d{{2}}:\d{{2}}:\d{{2}})\.\d+', '\1')"
                return [
                    (self.part("local"), rf"regexp_replace({local}, '(\d)T(\d)', '\1 \2')"),
                    (self.part("moment"), self._moment()),
                ]
            case "money":
                bare = rf"regexp_replace({plain}, '¥|￥|元|圆|\$|\s|RMB|CNY', '', 'g')"
                bare = (
                    f"replace({_ungrouped(bare, '.')}, ',', '.')" if self.given.decimal_comma else _ungrouped(bare, ",")
                )
                signed = rf"regexp_replace({bare}, '^\((.*)\)$|^([^-].*)-$', '-\1\2')"
                is_number = r"-?\d+" if self.given.decimal_comma else r"-?\d+(\.\d+)?"
                plain_or = rf"case when regexp_full_match({plain}, '{is_number}') then {plain} else {signed} end"
                return [(self.part("signed"), plain_or)]
            case "phone":
                return [(self.part("number"), _phone_number(plain))]
            case "vin":
                return [(self.part("vin"), rf"upper(regexp_replace({plain}, '\s', '', 'g'))")]
        return []

    def typed(self, source: Source) -> str:
        """The typed value; null where the text is there but cannot be read."""
        plain = self.plain
        match self.column.type:
            case "date":
                return self._last_day(_of_our_time(self.part("day")))
            case "timestamp":
                return _of_our_time(self.part("moment"))
            case "money":
                return self._money()
            case "number":
                bare = rf"regexp_extract({_ungrouped(plain, ',')}, '^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*%?$', 1)"
                share = f"try_cast({bare} as decimal(18,6))"
                is_percent = rf"{plain} like '%\%' escape '\' or {self.given.percent}"
                return f"case when {is_percent} then {share} / 100 else {share} end"
            case "integer":
                bare = rf"regexp_replace({_ungrouped(plain, ',')}, '\.0+$', '')"
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
                return f"case when {self.is_plain_mobile()} then {plain} when not ({is_hidden}) then {whole} end"
            case "id_number":
                return f"upper({plain})"
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
        formats = self.given.timestamp or TIMESTAMP_FORMATS
        parsed = _parsed(f"regexp_replace({local}, ' 24:00(:00)?$', ' 00:00:00')", formats)
        late = f"case when {local} like '% 24:00%' then interval 1 day else interval 0 day end"
        value = f"case when {_has_offset(self.plain)} then {_shifted(self.plain)} else coalesce({parsed} + {late}, {_serial(self.plain)}) end"
        if self.given.timestamp:
            return value
        is_plain = rf"regexp_full_match({self.plain}, '\d{{4}}-\d\d-\d\d ([01]\d|2[0-3]):[0-5]\d:[0-5]\d')"
        return f"case when {is_plain} then try_cast({self.plain} as timestamp) else {value} end"

    def _money(self) -> str:
        """Yuan with two places, rounded half-up; thousands, ¥, 元, 万 and parentheses as minus are understood."""
        signed = self.part("signed")
        scale = {"yuan": "{}", "fen": "{} * 0.01", "wan": "{} * 10000"}[self.given.money]
        value = scale.format(f"try_cast({signed} as decimal(18,{4 if self.given.money == 'wan' else 2}))")
        ten_thousands = f"try_cast(rtrim({signed}, '万') as decimal(18,4)) * 10000"
        value = f"try_cast(case when {signed} like '%万' then {ten_thousands} else {value} end as decimal(18,2))"
        value = rf"case when regexp_full_match({signed}, '[+-]?\d{{1,15}}(\.\d*)?万?') then {value} end"
        if self.given.money != "yuan" or self.given.decimal_comma:
            return value
        is_plain = rf"regexp_full_match({self.plain}, '-?\d{{1,13}}(\.\d{{1,2}})?')"  # most are, and need no more
        return f"case when {is_plain} then try_cast({self.plain} as decimal(18,2)) else {value} end"

    def is_destroyed(self) -> str:
        """Excel keeps 15 digits: it writes longer numbers with an exponent, or with zeros behind."""
        if self.column.type == "phone":
            return rf"regexp_full_match({self.part('number')}, '\d(\.\d+)?[eE]\+?\d+')"
        rounded = rf"regexp_full_match({self.plain}, '\d(\.\d+)?[eE]\+?\d+|\d{{15}}0{{4,}}')"
        if self.column.type != "id_number":
            return rounded
        check_fails = identifiers.id_number_check_fails(identifier(self.name))
        return rf"({rounded} or regexp_full_match({self.plain}, '\d{{15}}000') and {check_fails})"

    def is_plain_mobile(self) -> str:
        """What most cells are: nothing in them needs a second look."""
        return f"regexp_full_match({self.plain}, '{MOBILE}')"

    def _is_hidden(self) -> str:
        return f"lower({self.plain}) in ({HIDDEN}) or {self.plain} like '%**%'"

    def doubts(self, source: Source) -> list[tuple[str, str]]:
        """(test, rule) of what lets a row in and is told."""
        cell = identifier(self.name)
        match self.column.type:
            case "phone":
                others = f"case when not {self.is_plain_mobile()} then"
                return [
                    (f"{others} {self._is_hidden()} end", "hidden_number"),
                    (rf"{others} regexp_matches({self.plain}, '\d[/、,;|]\s*\d') end", "more_than_one_number"),
                    (f"regexp_matches({cell}, {literal(identifiers.UNASSIGNED)})", "unassigned_range"),
                ]
            case "plate":
                return [(f"{self.plain} in ({NO_PLATE})", "no_plate")]
            case "id_number":
                return [(identifiers.id_number_check_fails(cell), "check_digit")]
        return []


def _has_offset(plain: str) -> str:
    return rf"regexp_matches({plain}, '\d:\d{{2}}(:\d{{2}}(\.\d+)?)?\s*(Z|[+-]\d{{2}}:?\d{{2}})$')"


def _shifted(plain: str) -> str:
    """A moment with an offset from UTC, in the installation's time zone."""
    return f"timezone({literal(os.environ.get('XUBAO_TIMEZONE', 'Asia/Shanghai'))}, try_cast({plain} as timestamptz))"


def _parsed(text: str, formats: tuple[str, ...]) -> str:
    """A moment in one of the formats. A compact one needs all its digits: 2026112 is the 12th of a month, or the 2nd."""
    return rf"case when not regexp_full_match({text}, '\d(\d\d)+') then try_strptime({text}, {list(formats)}) end"


def _of_our_time(moment: str) -> str:
    """A moment since EARLIEST; before it lie years of two digits that were read as four, and what programs call none."""
    return f"case when {moment} >= timestamp '{EARLIEST}' then {moment} end"


def _ungrouped(text: str, mark: str) -> str:
    """A number without the marks between its thousands; marks that stand elsewhere stay and make it none (12,34)."""
    grouped = rf"[-+(]?[1-9]\d{{0,2}}(\{mark}\d{{3}})+([^\d\{mark}].*)?"
    return f"case when regexp_full_match({text}, '{grouped}') then replace({text}, '{mark}', '') else {text} end"


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
    is_plain = f"regexp_full_match({plain}, '{MOBILE}')"
    first = rf"regexp_replace({plain}, '[/、,;|].*$|\.0+$|(转|分机|ext\.?|#).*$', '', 'i')"
    extended = rf"regexp_replace({first}, '^(.*0\d{{2,3}}[ )-]*\d{{7,8}})-\d{{1,6}}$', '\1')"
    bare = rf"regexp_replace({extended}, '[\s()·.-]', '', 'g')"
    mended = f"cast(try_cast({plain} as decimal(20,0)) as varchar)"
    return rf"case when {is_plain} then {plain} when {plain} similar to '1\.\d{{10}}[eE]\+?10' then {mended} when {plain} similar to '.*\d[eE]\+?\d+' then {plain} else {bare} end"


def _coded(text: str, codes: dict[str, str]) -> str:
    """Ours for their code; width, case and blanks do not matter."""
    exact = " ".join(f"when {literal(theirs)} then {literal(ours)}" for theirs, ours in codes.items())
    loose = {"".join(theirs.translate(TO_NARROW).lower().split()): ours for theirs, ours in codes.items()}
    whens = " ".join(f"when {literal(theirs)} then {literal(ours)}" for theirs, ours in loose.items())
    narrow = rf"regexp_replace(lower(translate({text}, {literal(WIDE)}, {literal(NARROW)})), '\s', '', 'g')"
    return f"case {text} {exact} else case {narrow} {whens} else {text} end end"


def is_no_phone(name: str) -> str:
    return f"not regexp_matches({identifier(name)}, {literal(identifiers.PHONE)})"
