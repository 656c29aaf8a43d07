"""Which entity a table is, which header is which of its columns, and how sure that is.

confidence = likeness of the header × share of the values that the column's type can read      (0 to 1)

The likeness is 1 for a header that somebody is known to use for the column, 0.97 if only decoration differs, else by
common characters (vocabulary.similarity); 0.6 if nothing but the look of the values speaks for it (VIN, plate, phone,
identity number, and the entity has one such column left). A column of text whose values are VINs, plates, phones or
dates counts those against it. Codes that nobody knows count half: an insurer may well use its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from ingest.drafting.evidence import SHAPES, Looks, column_looks, values_of
from ingest.drafting.looking import Layout
from ingest.drafting.vocabulary import Vocabulary, similarity
from ingest.entities import Column, Entity, entities
from ingest.reading import header_key

MATCHED, SURE = 0.5, 0.8
"""Confidence from which a header is written as a column, and from which nobody has to look at it."""
LIKELY = 0.6
"""Score from which a table is an entity without a doubt about it."""
BY_VALUES = 0.6
OWN_CODES = 0.5
SEPARATORS = ("、", ";", "；", "+", "|", "/", ",", "，")


@dataclass(frozen=True)
class Match:
    """One header found for a canonical column."""

    column: str
    header: str
    confidence: float
    name_score: float


@dataclass(frozen=True)
class Matching:
    """A table as an entity: what was matched, and how well the whole fits (0 to 1)."""

    entity: Entity
    layout: Layout
    matches: dict[str, Match]
    score: float
    others: tuple[tuple[str, float], ...] = ()
    """The next best entities."""
    looks: dict[str, Looks] = field(default_factory=dict)

    def unmatched(self) -> list[str]:
        """Headers that became no column, in order."""
        used = {match.header for match in self.matches.values()}
        return [name for name in self.layout.names if name not in used]

    def missing(self) -> list[str]:
        """Required columns for which no header was found."""
        return [name for name, column in self.entity.columns.items() if column.required and name not in self.matches]


def match(layout: Layout, words: Vocabulary, only: str | None = None) -> Matching:
    """The most likely entity of a table and its columns. `only`: the entity, if it is known."""
    looks = dict(zip(layout.names, column_looks(layout.table), strict=True))
    wanted = [entities()[only]] if only else list(entities().values())
    found = []
    for entity in wanted:
        matches = _assign(entity, layout, looks, words)
        found.append(Matching(entity, layout, matches, _score(entity, layout, matches), looks=looks))
    found.sort(key=lambda one: (-one.score, one.entity.name))
    best = found[0]
    if layout.read.names and layout.found_by == "names" and best.score < LIKELY:
        return match(layout.without_names(), words, only)
    others = tuple((one.entity.name, one.score) for one in found[1:4] if one.score > 0)
    return Matching(best.entity, layout, best.matches, best.score, others, looks)


def _score(entity: Entity, layout: Layout, matches: dict[str, Match]) -> float:
    """Half the share of the file's columns that the entity explains, half the share of its required columns that are
    there, both weighted by confidence."""
    required = [name for name, column in entity.columns.items() if column.required]
    explained = sum(one.confidence for one in matches.values()) / max(1, len(layout.names))
    there = sum(matches[name].confidence for name in required if name in matches) / max(1, len(required))
    return round(min(1.0, explained) / 2 + there / 2, 3)


def _assign(entity: Entity, layout: Layout, looks: dict[str, Looks], words: Vocabulary) -> dict[str, Match]:
    """Each column's header: the surest pairs first, every header once."""
    pairs = []
    for at, header in enumerate(layout.names):
        for place, (name, column) in enumerate(entity.columns.items()):
            likeness = similarity(header, words.names[entity.name][name])
            confidence = round(likeness * fit(name, column, looks[header], layout.table, header, words), 2)
            if confidence >= MATCHED:
                pairs.append((-confidence, -likeness, place, at, name, header))
    found: dict[str, Match] = {}
    used: set[str] = set()
    for confidence, likeness, _, _, name, header in sorted(pairs):
        if name not in found and header not in used:
            found[name] = Match(name, header, -confidence, -likeness)
            used.add(header)
    for kind in ("vin", "plate", "phone", "id_number"):
        left = [name for name, column in entity.columns.items() if column.type == kind and name not in found]
        shown = [h for h in layout.names if h not in used and looks[h].filled >= 3 and looks[h].share(kind) >= 0.9]
        if len(left) == 1 and len(shown) == 1:
            found[left[0]] = Match(left[0], shown[0], round(BY_VALUES * looks[shown[0]].share(kind), 2), BY_VALUES)
            used.add(shown[0])
    return {name: found[name] for name in entity.columns if name in found}


def fit(name: str, column: Column, looks: Looks, table: pa.Table, header: str, words: Vocabulary) -> float:
    """Share of a column's values that the type can read, 0 to 1."""
    if column.type == "text" and not name.endswith("_number") and "phone" not in name:
        return 1 - max((looks.share(kind) for kind in SHAPES), default=0.0) * 0.7 if looks.filled else 0.9
    if column.type == "text":
        return 1 - max(looks.share("vin"), looks.share("plate")) * 0.7 if looks.filled else 0.9
    if column.type in ("code", "codes"):
        if not looks.filled:
            return 0.9
        if column.codes is None and column.type == "code":
            return 1 - max(looks.share(kind) for kind in SHAPES) * 0.7
        known = code_share(name, table, header, words)
        return OWN_CODES + (1 - OWN_CODES) * known
    return looks.share(column.type)


def code_share(name: str, table: pa.Table, header: str, words: Vocabulary) -> float:
    """Share of a column's values that are known codes of a canonical column."""
    known = words.codes.get(name, {})
    values = values_of(table, header)
    separator = separator_of(values, known)
    parts = [part for value in values for part in (value.split(separator) if separator else [value])]
    return sum(header_key(part) in known for part in parts) / max(1, len(parts))


def separator_of(values: list[str], known: dict[str, str]) -> str | None:
    """What stands between the codes of a list: what cuts the values into most known codes; None for single codes."""
    best = (sum(header_key(value) in known for value in values), None)
    for separator in SEPARATORS:
        if any(separator in value for value in values):
            parts = [part for value in values for part in value.split(separator)]
            score = sum(header_key(part.strip()) in known for part in parts)
            if score > best[0]:
                best = (score, separator)
    return best[1]
