"""Which unknown header of a file may be a known column under a new name: by the likeness of names, or of contents."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import pyarrow as pa

from ingest.drafting.evidence import column_looks
from ingest.drafting.matching import BY_VALUES, MATCHED, fit
from ingest.drafting.vocabulary import Vocabulary, similarity, vocabulary
from ingest.reading import header_key
from ingest.spec import Extract

SAMPLE = 500
"""Rows whose values are looked at."""
OF_ONE_LOOK = ("vin", "plate", "phone", "id_number")
"""Types that can be told by their values alone."""


@cache
def _words() -> Vocabulary:
    return vocabulary(())


def renamed(table: pa.Table, unknown: Iterable[str], missing: Iterable[str], extract: Extract) -> dict[str, str]:
    """Canonical column → the unknown header of a file's text that is most likely it; those without one are left out.

    `missing`: columns of the spec that have no header in the file.
    """
    headers, columns, entity, words = list(unknown), list(missing), extract.canonical(), _words()
    if not headers or not columns:
        return {}
    sample = table.select(headers).slice(0, SAMPLE)
    looks = dict(zip(headers, column_looks(sample), strict=True))
    pairs = []
    for header in headers:
        for name in columns:
            column = entity.columns[name]
            known = words.names[entity.name][name] | frozenset(map(header_key, extract.columns[name].headers))
            likeness = similarity(header, known)
            if column.type in OF_ONE_LOOK and looks[header].filled:
                likeness = max(likeness, BY_VALUES)
            confidence = likeness * fit(name, column, looks[header], sample, header, words)
            if confidence >= MATCHED:
                pairs.append((-confidence, headers.index(header), columns.index(name), header, name))
    found: dict[str, str] = {}
    for *_, header, name in sorted(pairs):
        if name not in found and header not in found.values():
            found[name] = header
    return found
