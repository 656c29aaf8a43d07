"""The words of a page that carries both languages: the reader's switch shows one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from markupsafe import Markup

from exports.wording import Night, load_night

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Words:
    """The same published night in Chinese and English."""

    zh: Night
    en: Night

    @property
    def as_of(self) -> date:
        """The day whose morning the night prepared."""
        return self.zh.as_of

    def of(self, language: str) -> Night:
        """The night in one language, zh or en."""
        return {"zh": self.zh, "en": self.en}[language]

    def texts(self, key: str, **values: Any) -> dict[str, str]:
        """The label of a key in each language; a value that is a dict is itself in each language."""
        return {language: self.of(language).say(key, **_in(language, values)) for language in LANGUAGES}

    def say(self, key: str, **values: Any) -> Markup:
        """The label of a key as HTML with both languages, of which the switch shows one."""
        return spans(self.texts(key, **values))


def spans(texts: dict[str, str]) -> Markup:
    """HTML of a text in each language; one text if they are equal (a number, a name)."""
    if texts["zh"] == texts["en"]:
        return Markup.escape(texts["zh"])
    return Markup("").join(
        Markup('<span lang="{}">{}</span>').format({"zh": "zh-CN"}.get(language, language), texts[language])
        for language in LANGUAGES
    )


def load_words(published: Path, as_of: date) -> Words:
    """The words of a published folder in both languages."""
    return Words(*(load_night(published, as_of, language) for language in LANGUAGES))


def _in(language: str, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value[language] if isinstance(value, dict) else value for name, value in values.items()}
