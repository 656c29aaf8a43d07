"""The catalogue of rules (ingest/rules.yaml): what each means, what it does, how to mend it, whom to ask.

python -m ingest.rules      prints the tables of docs/sources.md
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).with_name("rules.yaml")

Effect = Literal["holds", "told", "refuses", "warns"]


class Rule(BaseModel):
    """One rule; its `id` is the part of a broken rule's name that says what is wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    effect: tuple[Effect, ...]
    zh: str
    en: str
    fix_zh: str
    fix_en: str
    asks: Literal["owner", "steward", "developer"]

    @property
    def is_of_files(self) -> bool:
        return self.id.startswith("file:")

    def told(self, finding_zh: str = "", finding_en: str = "") -> tuple[str, str]:
        """What people read in Chinese and English: the rule's own words, then what was found in this case."""
        zh = f"{self.zh}({finding_zh})" if finding_zh else self.zh
        return zh, f"{self.en} ({finding_en})" if finding_en else self.en


@cache
def rules() -> dict[str, Rule]:
    """All rules by id, in the order of the catalogue."""
    declared = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: Rule(id=name, **words) for name, words in declared.items()}


def rule(broken: str) -> Rule:
    """The rule of a broken rule's name: `vin:not_a_vin` breaks `not_a_vin`. Raises KeyError."""
    found = rules().get(broken) or rules().get(broken.rpartition(":")[2])
    if found is None:
        raise KeyError(f"rule {broken!r} does not stand in {FILE.name}")
    return found


def documentation(of_files: bool) -> str:
    """The rules of rows or of files as a Markdown table."""
    lines = [
        "| rule | 含义 | meaning | effect | 怎么办 | what to do | ask |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in rules().values():
        if one.is_of_files == of_files:
            effect = "/".join(one.effect)
            lines.append(f"| `{one.id}` | {one.zh} | {one.en} | {effect} | {one.fix_zh} | {one.fix_en} | {one.asks} |")
    return "\n".join(lines)


if __name__ == "__main__":
    for of_files in (False, True):
        print(documentation(of_files), end="\n\n")
