"""`make whatif`: the night's own formula under other tiers, over published counts, without touching anything."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from exports.whatif import SEED, TiersUnusableError, main, told, whatif
from ingest.home import sha256_file
from tests.exports.conftest import change

OCTOBER = date(2026, 10, 1)
# renewed, full cover, bonus: the golden cases of 200 renewable vehicles (DOMAIN §4)
GOLDEN = (
    (59, 53, 0), (60, 54, 800), (80, 72, 1000), (90, 81, 1100), (100, 90, 1200), (119, 107, 1390), (120, 108, 2000),
    (121, 109, 3000), (140, 126, 3000), (141, 127, 3600), (122, 111, 4500), (123, 111, 3000),
)  # fmt: skip


@pytest.fixture
def published(home: Path) -> Path:
    """A published night with October's golden cases, in force."""
    folder = home / "published" / "2026-11-24-b1"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"as_of": "2026-11-24"}))
    values = ", ".join(f"('{renewed:03}', {renewed}, {full}, {amount})" for renewed, full, amount in GOLDEN)
    change(
        folder / "restricted.duckdb",
        f"""
        create schema restricted;
        create table restricted.kpi_staff_bonus_monthly as select '001' as store_id, 'S' || id as staff_id,
            'renewal_specialist' as role, date '2026-10-01' as month, 200::bigint as renewable_vehicles,
            renewed::bigint as renewed_vehicles, full_cover::bigint as full_cover_vehicles, 9::bigint as tier_a,
            0.9::decimal(18, 4) as full_coverage_rate, 2000.00::decimal(18, 2) as base_amount,
            amount::decimal(18, 2) as bonus_amount, 'bonus-l209' as plan_id,
            1::decimal(9, 4) as bonus_target_multiplier, 'closed' as status
        from (values {values}) as t (id, renewed, full_cover, amount)
        """,
    )
    os.symlink(folder.name, folder.parent / "current")
    return folder


def tiers(folder: Path, old: str = "", new: str = "") -> Path:
    """The seed's tiers with one change."""
    text = SEED.read_text(encoding="utf-8")
    assert old in text
    file = folder / "tiers.csv"
    file.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return file


def test_under_the_plans_own_tiers_nobody_wins_or_loses(published: Path) -> None:
    changes = whatif(published, SEED, OCTOBER)
    assert len(changes) == len(GOLDEN)
    assert {change.difference for change in changes} == {Decimal(0)}


def test_other_tiers_show_who_wins_and_who_loses_and_change_no_byte(published: Path, tmp_path: Path) -> None:
    """Exactly 60 % pays 1.5 instead of 1, above 70 % 1.2 instead of 1.8: S120 3,000, S141 2,000 x 1 x 1.2 = 2,400."""
    file = tiers(tmp_path, "60.00,true,60.00,true,1.0000,1.0000", "60.00,true,60.00,true,1.5000,1.5000")
    text = file.read_text(encoding="utf-8").replace("1000000.00,true,1.8000,1.8000", "1000000.00,true,1.2000,1.2000")
    file.write_text(text.replace("bonus-l209", "bonus-2027"), encoding="utf-8")
    before = {path: (sha256_file(path), path.stat().st_mtime_ns) for path in published.iterdir()}
    changes = whatif(published, file, OCTOBER)
    assert {path: (sha256_file(path), path.stat().st_mtime_ns) for path in published.iterdir()} == before
    assert [(c.staff_id, c.published_amount, c.other_amount) for c in changes if c.difference] == [
        ("S120", Decimal("2000.00"), Decimal("3000.00")),
        ("S141", Decimal("3600.00"), Decimal("2400.00")),
    ]
    text = told(changes, OCTOBER)
    assert "增加 1 人 +1000.00,减少 1 人 -1200.00,不变 10 人;合计 -200.00 元" in text
    assert "1 win, 1 lose, 10 unchanged; in all -200.00 yuan" in text


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("interpolation", "interpol", "interpolation are missing"),
        ("attainment,2,30.00", "attainment,2,3x.00", "line 7 has something missing or unreadable"),
        ("attainment,2,30.00", "attainment,2,35.00", "leave a gap"),
    ],
)
def test_tiers_that_cannot_be_used_are_refused_with_the_place_and_no_value(
    published: Path, tmp_path: Path, old: str, new: str, says: str
) -> None:
    with pytest.raises(TiersUnusableError) as refused:
        whatif(published, tiers(tmp_path, old, new), OCTOBER)
    assert says in str(refused.value)
    assert "3x" not in str(refused.value)


def test_the_command_says_what_is_wrong_and_ends_with_1(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--tiers", str(SEED), "--month", "2026-10"]) == 0
    assert "12 unchanged" in capsys.readouterr().out
    assert main(["--tiers", str(tmp_path / "none.csv")]) == 1
    assert "There is no file" in capsys.readouterr().err
    assert main(["--tiers", str(SEED), "--month", "2020-01"]) == 1
    assert "has no bonuses of 2020-01" in capsys.readouterr().err
