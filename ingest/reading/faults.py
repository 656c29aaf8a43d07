"""Why a received file cannot become a table."""

from __future__ import annotations

from ingest.rules import rule as rule_of


class UnreadableFileError(ValueError):
    """A received file cannot become a table; carries the message in Chinese and English, never a value of the file.

    The words are the catalogue's; a finding adds what holds for this file (which line, how many).
    """

    def __init__(self, rule: str, finding_zh: str = "", finding_en: str = "") -> None:
        self.rule, self.finding_zh, self.finding_en = rule, finding_zh, finding_en
        self.zh, self.en = rule_of(rule).told(finding_zh, finding_en)
        super().__init__(self.en)


def too_large(what_zh: str, what_en: str, limit: int, rule: str = "file:too_large") -> UnreadableFileError:
    """A limit of ingest/limits.py was passed."""
    return UnreadableFileError(rule, f"{what_zh}超过上限 {limit:,}", f"{what_en} is above the limit of {limit:,}")
