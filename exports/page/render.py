"""HTML from a template: styles and scripts inlined, values escaped, equal contents give equal bytes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from exports.page.words import Words

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, words: Words, *folders: Path, **values: Any) -> bytes:
    """A page of a template that extends base.html.

    folders: where the template lies if not here. In a template: `say('key', name=value)` gives a label in both
    languages, `inline('file.css')` a file of the folders as it is, `data(value)` JSON for a script element.
    """
    environment = _environment(folders)
    page = environment.get_template(template).render(say=words.say, words=words, as_of=words.as_of, **values)
    return ("\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n").encode()


@cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    loader = environment.loader
    assert loader is not None
    environment.globals["inline"] = lambda name: Markup(loader.get_source(environment, name)[0])  # noqa: S704 our own files
    environment.globals["data"] = json_for_script
    return environment


def json_for_script(value: Any) -> Markup:
    """JSON that cannot end the script element it stands in; dates as ISO text, decimals as numbers."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=plain)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704 escaped for a script


def plain(value: Any) -> Any:
    """What JSON has no word for: a date as ISO text, a decimal as a number."""
    return value.isoformat() if hasattr(value, "isoformat") else float(value)
