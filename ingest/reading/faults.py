"""Why a received file cannot become a table."""

from __future__ import annotations


class UnreadableFileError(ValueError):
    """A received file cannot become a table; carries the message in Chinese and English, never a value of the file."""

    def __init__(self, rule: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.rule, self.zh, self.en = rule, zh, en


def too_large(what_zh: str, what_en: str, limit: int, rule: str = "file:too_large") -> UnreadableFileError:
    """A limit of ingest/limits.py was passed."""
    return UnreadableFileError(rule, f"{what_zh}超过上限 {limit:,}", f"{what_en} is above the limit of {limit:,}")
