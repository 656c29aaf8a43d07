"""`python -m ingest draft`: the draft to a file or to standard output, and what is open in it to standard error."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from ingest.drafting.vocabulary import vocabulary
from ingest.drafting.writing import draft
from ingest.entities import entities
from ingest.reading import UnreadableFileError
from ingest.spec import BUILT_IN, Source, SourceSpecError, load


def write_draft(files: list[Path], out: Path | None, name: str | None, entity: str | None) -> int:
    """Write the draft; 0: it can be tried as it is, 1: something must be completed first, 2: there is none."""
    if entity and entity not in entities():
        return _no_draft(f"没有实体 {entity} · no such entity; there are {', '.join(entities())}")
    if name and not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        return _no_draft("来源名只能用小写字母、数字、下划线 · a name is made of lower-case letters, digits and _")
    if out and out.exists():
        return _no_draft(f"{out} 已存在,不覆盖 · exists already and is not overwritten; choose another --out")
    for file in files:
        if not file.is_file():
            return _no_draft(f"找不到文件 · no such file: {file}")
    try:
        made = draft(files, vocabulary(_known_specs()), name, entity)
    except UnreadableFileError as fault:
        return _no_draft(f"无法读取 · cannot be read: {fault.zh} · {fault.en}")
    if out:
        out.write_text(made.text, encoding="utf-8")
    else:
        sys.stdout.write(made.text)
    todo = f": {', '.join(made.todo)}" if made.todo else ""
    print(
        f"{out or '草稿 draft'}:必须补全 · to complete {len(made.todo)}{todo};请核对 · to check (?) {made.doubts}",
        file=sys.stderr,
    )
    return 1 if made.todo else 0


def _known_specs() -> list[Source]:
    """The built-in specs and the dealership's own; one that cannot be used is told and knows nothing."""
    own = Path(os.environ.get("XUBAO_SOURCES") or BUILT_IN)
    known = []
    for path in dict.fromkeys([*sorted(BUILT_IN.glob("*.yaml")), *sorted(own.glob("*.yaml"))]):
        try:
            known.append(load(path))
        except (SourceSpecError, OSError):
            print(f"{path.name}:不能使用,未参考 · cannot be used and was left out", file=sys.stderr)
    return known


def _no_draft(message: str) -> int:
    print(message, file=sys.stderr)
    return 2
