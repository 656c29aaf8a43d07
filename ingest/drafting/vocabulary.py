"""What others call our columns, codes and companies: one list of aliases, the specs in force, the entities' own names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ingest.entities import entities
from ingest.reading import header_key
from ingest.spec import Source

ALIASES = Path(__file__).parent.parent / "aliases.yaml"
DECORATION = re.compile(r"\([^)]*\)|\[[^\]]*\]|【[^】]*】|[\s_\-./:*#'\"]|\(\d+\)$")
"""What may stand around a header without changing its meaning: units, stars of required fields, punctuation."""
SIMILAR = 0.6
"""Below this share of common characters two names have nothing to do with each other."""


def bare(header: str) -> str:
    """A header without decoration, as similar ones are compared; itself if nothing else is left."""
    key = header_key(header)
    return DECORATION.sub("", key) or key


@dataclass(frozen=True)
class Vocabulary:
    """`names`: entity → column → known headers as compared; `codes`: column → their code, compared → ours."""

    names: dict[str, dict[str, frozenset[str]]]
    codes: dict[str, dict[str, str]]
    headerless: tuple[tuple[str, ...], ...]
    """Column names of logs that are written without a header line."""
    insurers: dict[str, tuple[str, ...]]

    @property
    def headers(self) -> set[str]:
        """All known headers, as compared."""
        return {name for columns in self.names.values() for known in columns.values() for name in known}

    def insurer_of(self, *texts: str) -> str | None:
        """The one insurer whose name stands in a file's name or title; None if none does, or several."""
        text = " ".join(texts).casefold()
        found = [code for code, names in self.insurers.items() if any(name.casefold() in text for name in names)]
        return found[0] if len(found) == 1 else None


def vocabulary(specs: Iterable[Source]) -> Vocabulary:
    """All that is known, from ingest/aliases.yaml, the given specs and the entities."""
    given: dict[str, Any] = yaml.safe_load(ALIASES.read_text(encoding="utf-8"))
    shared = given["headers"]["any"]
    names: dict[str, dict[str, set[str]]] = {}
    codes: dict[str, dict[str, str]] = {}
    for entity in entities().values():
        own = given["headers"].get(entity.name, {})
        for name, column in entity.columns.items():
            known = {name, column.zh, *shared.get(name, ()), *own.get(name, ())}
            names.setdefault(entity.name, {})[name] = {header_key(header) for header in known}
            for code in column.codes or ():
                codes.setdefault(name, {})[header_key(code)] = code
    for column, mapping in given["codes"].items():
        for ours, theirs in mapping.items():
            codes.setdefault(column, {}).update({header_key(code): ours for code in theirs})
    insurers = {header_key(name): code for code, known in given["insurers"].items() for name in (code, *known)}
    codes.setdefault("insurer_code", {}).update(insurers)
    headerless = [tuple(layout) for layout in given["headerless"]]
    for extract in (extract for spec in specs for extract in spec.extracts.values()):
        for name, source in extract.columns.items():
            names[extract.entity][name] |= {header_key(header) for header in source.headers}
            codes.setdefault(name, {}).update({header_key(key): ours for key, ours in (source.codes or {}).items()})
        if extract.read.names and extract.read.names not in headerless:
            headerless.append(extract.read.names)
    return Vocabulary(
        {entity: {name: frozenset(known) for name, known in columns.items()} for entity, columns in names.items()},
        codes,
        tuple(headerless),
        {code: tuple(map(str, known)) for code, known in given["insurers"].items()},
    )


@lru_cache(maxsize=100_000)
def similarity(header: str, known: frozenset[str]) -> float:
    """How much a header is like the most similar of some known ones, 0 to 1: 1 if it is one of them, at most 0.97 if
    only decoration differs, else 0.95 × the share of common characters (difflib), nothing below SIMILAR."""
    key, core = header_key(header), bare(header)
    if key in known:
        return 1.0
    best = 0.0
    for name in known:
        other = bare(name)
        if core == other:
            return 0.97
        matcher = SequenceMatcher(None, core, other, autojunk=False)
        if matcher.real_quick_ratio() > SIMILAR and matcher.quick_ratio() > SIMILAR:
            best = max(best, matcher.ratio())
    return round(best * 0.95, 4) if best >= SIMILAR else 0.0
