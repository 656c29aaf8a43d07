"""The draft as text: a spec that loads, with what has to be looked at and completed marked in it. No value of a file
stands in it but codes that are known, or that repeat in a column of codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ingest.drafting.evidence import OTHER_DATES, a_year_apart, numbers_of, values_of
from ingest.drafting.looking import look
from ingest.drafting.matching import LIKELY, SEPARATORS, SURE, Match, Matching, match, separator_of
from ingest.drafting.naming import patterns_of, source_name
from ingest.drafting.vocabulary import Vocabulary
from ingest.entities import Column
from ingest.reading import header_key
from ingest.spec import Read

CODES_SHOWN = 12
"""A column with more different unknown codes than this is none of codes: nothing of it is printed."""
FOUND_BY = {
    "known": "按已知表头 · by known headers",
    "similar": "按相似表头 · by similar headers",
    "shape": "按数据上方的文字 · text above data",
    "names": "没有表头,字段名按该类日志的说明 · no header: the documented columns of such a log",
    "none": "没有表头,请写 names · there is no header: name the columns under names",
}


@dataclass
class Draft:
    """`text`: the spec. `todo`: what must be completed before a file can load; `doubts`: lines marked with ?."""

    text: str = ""
    todo: list[str] = field(default_factory=list)
    doubts: int = 0
    matchings: list[Matching] = field(default_factory=list)


def draft(paths: Iterable[Path], words: Vocabulary, name: str | None = None, entity: str | None = None) -> Draft:
    """A spec for some files of one source. Raises UnreadableFileError for a file that cannot be read."""
    paths = list(paths)
    matchings = [match(layout, words, entity) for path in paths for layout in look(path, words)]
    groups: dict[tuple[Any, ...], list[Matching]] = {}
    for one in matchings:
        read = one.layout.read
        groups.setdefault((one.entity.name, read.format, read.sheet, read.names, read.records), []).append(one)
    insurer = words.insurer_of(*(path.name for path in paths), *(one.layout.titles for one in matchings))
    made = Draft(matchings=matchings)
    name = name or source_name(insurer, paths[0].name)
    title = words.insurers[insurer][0] if insurer else name
    made.text = _head(paths, name, title)
    used: set[str] = set()
    markers = [path for path in paths if path.with_name(path.name + ".ok").exists()]
    for group in groups.values():
        base = _plural(group[0].entity.name)
        label = next(n for n in [base, *(f"{base}_{i}" for i in range(2, 99))] if n not in used)
        used.add(label)
        made.text += _extract(label, group, words, insurer, bool(markers), made)
    made.doubts = made.text.split("\nextracts:")[1].count("# ? ")
    return made


def _plural(entity: str) -> str:
    return entity[:-1] + "ies" if entity.endswith("y") else entity + "s"


def _yaml(value: Any) -> str:
    """A value on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=1 << 30)
    return text.removesuffix("\n").removesuffix("\n...").strip()


def _head(paths: list[Path], name: str, title: str) -> str:
    files = " ".join(path.name for path in paths[:3]) + (" …" if len(paths) > 3 else "")
    return f"""\
# 来源登记草稿 · a draft, made by `python -m ingest draft` from {files}
# 请补全 TODO,核对带 ? 的行,然后试读 · complete what says TODO, check lines with ?, then:
#     python -m ingest try {name}.yaml {files}
# 行尾的数字是置信度 = 表头相似度 × 能按该类型读出的值的比例 · the number behind a column is the confidence:
# likeness of its header × share of its values that its type can read. Below {SURE} it is marked with ?.
name: {_yaml(name)}
title: {_yaml(title)}  # TODO 大家怎么称呼它 · what people call it
connection: {_yaml(name + "_outbox")}  # 在 connections.yaml 中登记文件所在位置 · say in connections.yaml where it lies
owner: {{name: TODO, contact: TODO}}  # TODO 出问题时找谁 · whom to ask
extracts:
"""


def _extract(
    label: str, group: list[Matching], words: Vocabulary, insurer: str | None, has_marker: bool, made: Draft
) -> str:
    first = group[0]
    entity = first.entity
    rest = "、".join(f"{name} {score:.2f}" for name, score in first.others)
    doubt = "" if first.score >= LIKELY and (not first.others or first.score - first.others[0][1] >= 0.1) else "? "
    lines = [
        f"  {label}:",
        f"    entity: {entity.name}  # {doubt}{entity.zh} {first.score:.2f};其次 · next: {rest or '-'}",
        f"    files: {_yaml(patterns_of(one.layout.file for one in group))}{_name_note(group)}",
        *_reading(group, has_marker),
        *_constants(group, words, insurer, made),
        "    columns:",
    ]
    for name, column in entity.columns.items():
        found = [one for one in group if name in one.matches]
        if found:
            lines.append(_column(name, column, found, words, made))
        elif column.required and name != "insurer_code":
            lines.append(_required(name, column, group, made))
    if not any(one.matches for one in group):
        lines[-1] += " {}"
    unknown = list(dict.fromkeys(header for one in group for header in one.unmatched()))
    told = [header for header in unknown if not any(map(str.isdigit, header))]
    if unknown:
        more = f" 及另外 · and others {len(unknown) - len(told)}" if len(told) < len(unknown) else ""
        lines.append(
            f"    # 未识别的表头,请写进 columns 或 ignored · headers that became no column: {'、'.join(told) or '-'}{more}"
        )
    return "\n".join(lines) + "\n"


def _name_note(group: list[Matching]) -> str:
    patterns = patterns_of(one.layout.file for one in group)
    if all("{business_date" in pattern for pattern in patterns):
        return ""
    return "  # ? 文件名中没有日期,业务日期按收到前一天算 · no date in the name: the day before it is received counts"


def _reading(group: list[Matching], has_marker: bool) -> list[str]:
    layouts = [one.layout for one in group]
    read, notes = layouts[0].read, []
    options: dict[str, Any] = {"format": read.format} if read.format != "csv" else {}
    records = sum(one.records for one in layouts)
    if not sum(one.table.num_rows for one in layouts):
        notes.append("    # ? 文件没有数据行,只按表头判断 · there are no rows: judged by the headers alone")
    if read.names:
        notes.append(f"    # ? {FOUND_BY[layouts[0].found_by]}({records} 条记录 records)")
    elif read.format != "json":
        rows = "、".join(sorted({"-".join(map(str, one.header_rows)) for one in layouts if one.header_rows})) or "-"
        looks = "; ".join(sorted({FOUND_BY[one.found_by] for one in layouts}))
        mark = "" if all(one.found_by == "known" for one in layouts) else "? "
        notes.append(
            f"    # {mark}表头在第 {rows} 条,共 {records} 条记录 · header in record {rows} of {records}: {looks}"
        )
    if read.format == "csv":
        encodings = list(dict.fromkeys(e for one in layouts for e in one.read.encodings))
        if encodings == list(Read().encodings):
            notes.append(
                "    # 内容全为 ASCII,编码每次自动判断 · nothing but ASCII: the encoding is found out each time"
            )
        else:
            options["encodings"] = encodings
        delimiters = {one.read.delimiter for one in layouts}
        options["delimiter"] = delimiters.pop() if len(delimiters) == 1 else "auto"
    for key, value in (("sheet", read.sheet), ("records", read.records), ("names", read.names)):
        if value:
            options[key] = list(value) if key == "names" else value
    totals = [one.total for one in layouts if one.total]
    if totals:
        last = len(totals) == len(layouts) and all(total[2] for total in totals)
        words = list(dict.fromkeys(total[1] for total in totals))
        options["totals_row"] = {"column": totals[0][0], "starts_with": words[0] if len(words) == 1 else words}
        if last:
            options["totals_row"]["required"] = True
            notes.append(
                "    # 合计行总在最后,缺少即视为文件不完整 · the totals row ends the file; without it the file was cut"
            )
    if has_marker:
        options["marker"] = ".ok"
    held = sum(one.held for one in layouts)
    if held:
        notes.append(f"    # ? {held} 条记录的列数与表头不符 · records do not have as many fields as the header")
    return [*notes, *([f"    read: {_yaml(options)}"] if options else [])]


def _constants(group: list[Matching], words: Vocabulary, insurer: str | None, made: Draft) -> list[str]:
    """The insurer, which few of its own exports name."""
    entity = group[0].entity
    if "insurer_code" not in entity.columns or any("insurer_code" in one.matches for one in group):
        return []
    if insurer:
        return [f"    constants: {{insurer_code: {insurer}}}  # ? 由文件名或标题判断 · from the file's name or title"]
    made.todo.append("insurer_code")
    codes = "、".join(words.insurers)
    return [f"    # TODO 必填 insurer_code 保险公司代码 · the insurer: constants: {{insurer_code: …}} ({codes} …)"]


def _required(name: str, column: Column, group: list[Matching], made: Draft) -> str:
    """A required column without a header: derived where that can be done, else to be completed."""
    if name == "cover_ends_on" and "cover_starts_on" in group[0].matches:
        start = group[0].matches["cover_starts_on"].header
        return (
            f"      {name}: {_yaml({'from': start, 'plus_one_year': True})}"
            "  # ? 文件只有起保日期,按一年推算 · only a first day is given; a year of cover is meant"
        )
    made.todo.append(name)
    return f"      # TODO 必填 {name} {column.zh}: 未找到表头 · required, no header found ({column.meaning})"


def _column(name: str, column: Column, found: list[Matching], words: Vocabulary, made: Draft) -> str:
    """One line of `columns`: headers, how to read them, how sure that is."""
    best: dict[str, Match] = {}
    for one in found:
        best.setdefault(one.matches[name].header, one.matches[name])
    confidence = min(match.confidence for match in best.values())
    options: dict[str, Any] = {}
    notes: list[str] = []
    for one in found:
        more, told = _options(name, column, one, words)
        for key, value in more.items():
            options[key] = {**options[key], **value} if key == "codes" and key in options else value
        notes += [note for note in told if note not in notes]
    headers = list(best) if len(best) > 1 else next(iter(best))
    value = {"from": headers, **options} if options else headers
    is_open = any(note.startswith("TODO") for note in notes)
    if is_open:
        made.todo.append(name)
    is_doubtful = confidence < SURE or any(note.startswith("?") for note in notes)
    mark = "TODO " if is_open else "? " if is_doubtful else ""
    told = "".join(f";{note.removeprefix('? ').removeprefix('TODO ')}" for note in notes)
    return f"      {name}: {_yaml(value)}  # {mark}{confidence:.2f}{told}"


def _options(name: str, column: Column, one: Matching, words: Vocabulary) -> tuple[dict[str, Any], list[str]]:
    header, table = one.matches[name].header, one.layout.table
    looks = one.looks[header]
    match column.type:
        case "date" | "timestamp":
            options, notes = _dates(name, column, looks.formats, looks.filled)
            start = one.matches.get("cover_starts_on")
            if name == "cover_ends_on" and start and a_year_apart(table, start.header, header) > 0.5:
                options["exclusive"] = True
                notes.append("终保为次日零时 · the last day is given as the first moment after it")
            return options, notes
        case "money":
            return _money(header, numbers_of(table, header), values_of(table, header))
        case "number":
            numbers = sorted(numbers_of(table, header))
            if name.endswith("_rate") and numbers and numbers[len(numbers) // 2] > 1:
                return {"percent": True}, ["? 值大于 1,按百分数读 · above 1: read as percent"]
            return {}, []
        case "code" | "codes":
            return _codes(name, column, one.matches[name], values_of(table, header), words)
    return {}, []


def _dates(name: str, column: Column, formats: tuple[str, ...], filled: int) -> tuple[dict[str, Any], list[str]]:
    if not formats:
        return {}, ["日期格式不止一种或为 Excel 天数 · more than one date format, or Excel's days"] if filled else []
    usual = [form for form in formats if form not in OTHER_DATES]
    if usual:
        return {}, [usual[0]]
    note = [formats[0]] if len(formats) == 1 else [f"? 也可能是 · could also be {'、'.join(formats[1:])}"]
    return {column.type: formats[0]}, note


def _money(header: str, numbers: list[float], values: list[str]) -> tuple[dict[str, Any], list[str]]:
    """The unit: what the header says, else what whole numbers of that size can only be."""
    key = header_key(header)
    if "万元" in key or "(万)" in key:
        return {"money": "wan"}, []
    if "(分)" in key or "单位分" in key or key.endswith(("cents", "_fen")):
        return {"money": "fen"}, []
    if values and sum("," in value[-3:] for value in values) * 2 > len(values):
        return {"decimal_comma": True}, ["? 逗号是小数点 · a decimal comma"]
    whole = sorted(number for number in numbers if number)
    if len(whole) >= 10 and all(n == int(n) for n in whole) and whole[len(whole) // 2] >= 100_000 and "价" not in key:
        return {"money": "fen"}, ["? 全为整数且很大,可能以分计 · whole and large: perhaps fen"]
    return {}, []


def _codes(
    name: str, column: Column, match: Match, values: list[str], words: Vocabulary
) -> tuple[dict[str, Any], list[str]]:
    """Their codes and ours. Unknown ones are shown only where they repeat, are few, and the header is a known one."""
    known = words.codes.get(name, {})
    if column.personal or (column.type == "code" and not column.codes and not known):
        return {}, []
    options: dict[str, Any] = {}
    separator = separator_of(values, known) if column.type == "codes" else None
    if separator and separator != ";":
        options["split"] = separator
    elif column.type == "codes" and separator is None and (guess := _separator_seen(values)):
        options["split"] = separator = guess
    parts = [part.strip() for value in values for part in (value.split(separator) if separator else [value])]
    times = Counter(part for part in parts if part)
    ours = {part: known[header_key(part)] for part in sorted(times) if header_key(part) in known}
    if any(part != code for part, code in ours.items()):
        options["codes"] = ours
    unknown = [part for part in sorted(times) if part not in ours]
    notes = []
    if unknown and column.type == "codes" and not ours:
        return options, ["? 险别代码未识别,请写 codes · no code is known: map them under codes"]
    if unknown:
        shown = match.name_score >= 0.97 and len(unknown) <= CODES_SHOWN and all(_harmless(p, times) for p in unknown)
        text = "、".join(unknown) if shown else f"{len(unknown)} 个不同的值(不列出 · not shown)"
        mark = "TODO" if column.required and column.codes else "?"  # a required code nobody maps holds the row
        notes.append(f"{mark} 未对应的代码,请补进 codes · codes to map: {text} → {'/'.join(column.codes or ()) or '…'}")
    return options, notes


def _separator_seen(values: list[str]) -> str | None:
    """What stands in most values of a list of codes."""
    counts = {separator: sum(separator in value for value in values) for separator in SEPARATORS}
    best = max(SEPARATORS, key=lambda separator: counts[separator])
    return best if counts[best] * 3 >= max(1, len(values)) else None


def _harmless(part: str, times: Counter[str]) -> bool:
    """True if a value can only be a code: short, repeated, without a number in it."""
    return times[part] >= 2 and len(part) <= 12 and sum(map(str.isdigit, part)) < 4
