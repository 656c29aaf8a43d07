"""Write the golden files anew."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from pytest import MonkeyPatch

from tests.dbt_project import desk, group_offer, group_rest
from tests.dbt_project.golden.tables import HERE, as_csv
from tests.dbt_project.small_night import run_night

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="xubao-golden-") as scratch, MonkeyPatch.context() as monkeypatch:
        folder = Path(scratch)
        nights = {
            "desk": run_night(folder / "desk", desk.AS_OF, desk.entities(), desk.archives()),
            "offer": run_night(folder / "offer", group_offer.AS_OF, group_offer.entities(), group_offer.archives()),
            "rest": group_rest.run(folder / "rest", monkeypatch),
        }
        for name, night in nights.items():
            assert night.exit_code == 0, night.stderr
            shutil.rmtree(HERE / name, ignore_errors=True)
            (HERE / name).mkdir()
            for table, text in as_csv(night).items():
                (HERE / name / f"{table}.csv").write_text(text, encoding="utf-8")
