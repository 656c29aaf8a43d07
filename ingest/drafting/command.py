"""`python -m ingest draft`: the draft to a file or to standard output, and what is open in it to standard error."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ingest.drafting.vocabulary import vocabulary
from ingest.drafting.writing import draft
from ingest.entities import entities
from ingest.reading import UnreadableFileError
from ingest.spec import BUILT_IN, SourceSpecError, load, sources


def write_draft(files: list[Path], out: Path | None, name: str | None, entity: str | None) -> int:
    """Write the draft; 0: it can be tried as it is, 1: something must be completed first, 2: there is none."""
    try:
        specs = {path: load(path) for path in sorted(BUILT_IN.glob("*.yaml"))}
        specs |= {spec.path: spec for spec in sources().values()}
    except SourceSpecError as error:
        return _no_draft(f"已有登记文件有误 · a spec in force cannot be used:\n{error}")
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
        made = draft(files, vocabulary(specs.values()), name, entity)
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


def _no_draft(message: str) -> int:
    print(message, file=sys.stderr)
    return 2
