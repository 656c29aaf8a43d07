"""An extract to read with, and the law that holds for every file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.counting import count_records
from ingest.reading import TextTable, read
from ingest.spec import Extract


def extract_of(**options: object) -> Extract:
    """An extract of quotes whose spec knows the headers 报价单号, 车架号, 备注 and 金额."""
    return Extract.model_validate(
        {
            "entity": "quote",
            "files": ["*"],
            "may_be_empty": True,
            "constants": {"insurer_code": "PICC"},
            "columns": {"quote_number": "报价单号", "vin": "车架号", "store_code": "备注", "commercial_amount": "金额"},
            "read": options,
        }
    )


@pytest.fixture
def law(tmp_path: Path) -> Callable[..., TextTable]:
    """Reads bytes and checks that every record is a row, held or declared, as many as an independent count finds."""

    def check(data: bytes, suffix: str = "csv", **options: object) -> TextTable:
        path = tmp_path / f"file.{suffix}"
        path.write_bytes(data)
        extract = extract_of(**options)
        found = read(path, extract)
        assert found.records == found.table.num_rows + len(found.held) + sum(found.declared.values())
        assert found.records == count_records(path, extract, found.delimiter, found.sheet, found.encoding)
        return found

    return check
