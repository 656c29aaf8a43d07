"""Names that strangers give to their files: what they are called here, in folders, notes and messages."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from ingest.corrections import correction_of

UNFINISHED = (".part", ".tmp", ".filepart")
"""Endings of names that clients give to an upload in progress."""
LONGEST = 160
"""Bytes of a name: with a hash before it and the ending of its note behind it, it still fits into 255."""
LONGEST_CORRECTION = 220
"""Bytes of the name of corrected rows: a file's name and what they carry behind it."""
NOTE = ".note.json"
"""What stands behind the name of a landed file in the name of its note."""
DISGUISED = re.compile(rf"~[0-9a-f]{{8}}(\.[^.]*)?\Z|{re.escape(NOTE)}\Z")
"""A name that looks as if it had been changed here, or like that of a note of ours."""


def is_unfinished(name: str) -> bool:
    """True for a name of an upload in progress, of an open workbook's lock (`~$`) or of a hidden file."""
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def safe_name(raw: str) -> str:
    """A name without path, control and direction characters, at most LONGEST bytes (corrected rows: a little more); a harmless one stays as it is.

    A changed name carries a hash of what it was, so that two names never become one: `a/b.csv` → `a_b~5f3a9c01.csv`.
    Names in GB18030, as old Windows servers send them, are read as such.
    """
    text = readable(raw)
    is_short = len(text.encode()) <= (LONGEST_CORRECTION if correction_of(text) else LONGEST)
    if is_short and text.strip(". ") and not DISGUISED.search(text) and not any(map(_is_harmful, text)):
        return text
    return changed_name(raw)


def readable(raw: str) -> str:
    """A name as people read it; bytes that are not UTF-8 are GB18030."""
    if any("\udc80" <= character <= "\udcff" for character in raw):
        return raw.encode("utf-8", "surrogateescape").decode("gb18030", "replace")
    return raw


def changed_name(raw: str) -> str:
    """A safe name that carries a hash of the one it had."""
    clean = "".join("_" if _is_harmful(character) else character for character in readable(raw))
    stem, dot, ending = clean.rpartition(".")
    if not stem or not ending or len(ending.encode()) > 16:
        stem, dot, ending = clean, "", ""
    digest = hashlib.sha256(raw.encode("utf-8", "surrogateescape")).hexdigest()
    tail = f"~{digest[:8]}{dot}{ending}"
    short = stem.encode()[: LONGEST - len(tail.encode())].decode("utf-8", "ignore")
    return (short.strip(". ") or "_") + tail


def _is_harmful(character: str) -> bool:
    """True for what can leave a folder, break a line or turn the direction of a text."""
    return character in "/\\\ufffd" or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
