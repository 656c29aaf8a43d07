"""One catalogue of rules: what the code can find stands in it, and nothing else does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from expectations.promises import suite
from ingest.conversion import statements
from ingest.entities import entities
from ingest.reading import UnreadableFileError, known_headers
from ingest.rules import documentation, rule, rules
from ingest.spec import sources
from ingest.values import FAILURES

ROOT = Path(__file__).resolve().parents[2]


def strings_of_the_code() -> set[str]:
    """Every text constant of ingest/ and expectations/, and of an f-string what stands behind its last value."""
    found = set()
    for room in ("ingest", "expectations"):
        for path in (ROOT / room).rglob("*.py"):
            if "sample" not in path.parts:
                nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                found |= {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found


def found_by_the_code() -> set[str]:
    """Ids of the rules that the promises, the conversion and the reader can say are broken."""
    found = {text for text in strings_of_the_code() if re.fullmatch(r"(file|row|key):[a-z_]+", text)}
    for entity in entities().values():
        for by_hand in (False, True):
            found |= {promise.meta["rule"].rpartition(":")[2] for promise in suite(entity, "vin", by_hand).expectations}
    for source in sources().values():
        for extract in source.extracts.values():
            headers = [h for column in extract.columns.values() for h in column.headers]
            made = statements((*headers, *known_headers(extract)), extract, source)
            found |= {name.rpartition(":")[2] for one in made for name in (*one.rules, *one.notes)}
    return (found | set(FAILURES.values())) - {"no_rows"}  # the suite's first promise, told as file:no_rows


def test_every_rule_that_the_code_can_find_stands_in_the_catalogue() -> None:
    assert "not_a_vin" in found_by_the_code() and "file:truncated" in found_by_the_code()
    missing = sorted(found_by_the_code() - rules().keys())
    assert not missing, f"add {missing} to ingest/rules.yaml: what it means, its effect, how to mend it, whom to ask"


def test_every_rule_of_the_catalogue_can_be_found_by_the_code() -> None:
    texts = strings_of_the_code()
    told = {text.lstrip(":") for text in texts} | {text.rpartition(":")[2] for text in texts if "\n" not in text}
    unused = sorted(name for name in rules() if name not in told)
    assert not unused, f"nothing finds {unused}: take them out of ingest/rules.yaml"


@pytest.mark.parametrize("of_files", [False, True])
def test_the_tables_of_the_documentation_are_the_catalogue(of_files: bool) -> None:
    text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    assert documentation(of_files) in text, "copy what `python -m ingest.rules` prints into docs/sources.md"


def test_every_rule_says_in_both_languages_what_it_means_and_how_to_mend_it() -> None:
    for one in rules().values():
        assert one.effect and set(one.effect) <= ({"refuses", "warns"} if one.is_of_files else {"holds", "told"})
        for text in (one.zh, one.fix_zh):
            assert re.search(r"[一-鿿]", text), f"{one.id} has no Chinese words"
        for text in (one.en, one.fix_en):
            assert re.search(r"[a-z]{2}", text), f"{one.id} has no English words"


def test_a_broken_rule_is_known_by_its_column_or_whole() -> None:
    assert rule("vin:not_a_vin").id == "not_a_vin"
    assert rule("row:unclosed_quote").id == "row:unclosed_quote"
    with pytest.raises(KeyError, match=r"rules\.yaml"):
        rule("vin:no_such_rule")


def test_what_is_told_is_the_catalogues_words_and_what_was_found() -> None:
    fault = UnreadableFileError("file:no_header", "第一行有 3 列", "the first line has 3 columns")
    assert fault.zh == "找不到表头(第一行有 3 列)"
    assert fault.en == "no line carries the known headers (the first line has 3 columns)"
    assert UnreadableFileError("file:empty").zh == "文件为 0 字节"
