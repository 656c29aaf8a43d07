"""Names that strangers give to their files: what they are called here, in folders, notes and messages."""

from __future__ import annotations

import hashlib
import re
import unicodedata

UNFINISHED = (".part", ".tmp", ".filepart")
"""Endings of names that clients give to an upload in progress."""
LONGEST = 160
"""Bytes of a name: with a hash before it and the ending of its note behind it, it still fits into 255."""
DISGUISED = re.compile(r"~[0-9a-f]{8}(\.|$)")


def is_unfinished(name: str) -> bool:
    """True for a name of an upload in progress, of an open workbook's lock (`~$`) or of a hidden file."""
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def safe_name(raw: str) -> str:
    """A name without path, control and direction characters, at most LONGEST bytes; a harmless one stays as it is.

    A changed name carries a hash of what it was, so that two names never become one: `a/b.csv` → `a_b~5f3a9c01.csv`.
    Names in GB18030, as old Windows servers send them, are read as such.
    """
    text, encoded = raw, raw.encode("utf-8", "surrogateescape")
    if any("\udc80" <= character <= "\udcff" for character in raw):
        text = encoded.decode("gb18030", "replace")
    clean = "".join("_" if _is_harmful(character) else character for character in text)
    if clean == text and len(text.encode()) <= LONGEST and not DISGUISED.search(text) and text.strip(". "):
        return text
    stem, dot, ending = clean.rpartition(".")
    if not stem or not ending or len(ending.encode()) > 16:
        stem, dot, ending = clean, "", ""
    tail = f"~{hashlib.sha256(encoded).hexdigest()[:8]}{dot}{ending}"
    short = stem.encode()[: LONGEST - len(tail.encode())].decode("utf-8", "ignore")
    return (short.strip(". ") or "_") + tail


def _is_harmful(character: str) -> bool:
    """True for what can leave a folder, break a line or turn the direction of a text."""
    return character in "/\\\ufffd" or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
