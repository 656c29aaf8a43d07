"""China's statutory days as the seed `statutory_day`: holidays, and weekend days that are worked to make up for them.

    python -m dbt_project.statutory_days

writes dbt_project/seeds/calls/statutory_day.csv anew from the library `holidays`. The State Council announces the days
of a year in November of the year before; the library learns them in a release soon after. So: raise its version in
requirements, run the command, read the difference, commit it. Until then the seed holds of the coming year only what the
law fixes: the holidays themselves, with is_announced false. A night reads the seed and never the library.
"""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import holidays

SEED = Path(__file__).resolve().parent / "seeds" / "calls" / "statutory_day.csv"
COLUMNS = ("day", "kind", "zh", "en", "is_announced")
FIRST_YEAR = 2024
"""Earlier days decide nothing: no list was made and no month closed by this product before."""
LEARNS_UNTIL = 2100
"""Years that are looked for; far enough."""
MAKE_UP = ("make_up_working_day", "调休上班日", "make-up working day")
WEEKEND = ("holiday", "假期内的周末", "weekend within a holiday")
ONE_DAY = timedelta(days=1)


def announced_years() -> set[int]:
    """Years whose days were announced, as far as the library knows: each has a make-up working day."""
    known = holidays.country_holidays("CN", years=range(FIRST_YEAR - 1, LEARNS_UNTIL))
    return {day.year for day in known.weekend_workdays if day.year >= FIRST_YEAR - 1}


def statutory_days() -> list[tuple[str, ...]]:
    """Rows of the seed in order of days, from FIRST_YEAR to the year after the last announced one.

    A weekend that touches a holiday of an announced year belongs to it: people are off from its first to its last day.
    """
    announced = announced_years()
    years = range(FIRST_YEAR - 1, max(announced) + 2)
    zh = holidays.country_holidays("CN", years=years, language="zh_CN")
    en = holidays.country_holidays("CN", years=years, language="en_US")
    worked = {day for day in zh.weekend_workdays if day.year in announced}
    found = {day: ("holiday", zh[day], en[day]) for day in zh} | dict.fromkeys(worked, MAKE_UP)
    for day in sorted(day for day in zh if day.year in announced):
        for step in (-ONE_DAY, ONE_DAY):
            beside = day + step
            while beside.weekday() >= 5 and found.setdefault(beside, WEEKEND) == WEEKEND:
                beside += step
    rows = ((str(day), *found[day], str(day.year in announced).lower()) for day in sorted(found))
    return [row for row in rows if FIRST_YEAR <= int(row[0][:4]) <= years[-1]]


def as_csv() -> str:
    """The seed's text."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *statutory_days()])
    return text.getvalue()


if __name__ == "__main__":
    SEED.write_text(as_csv(), encoding="utf-8")
    print(f"{SEED.name}: {len(statutory_days())} days; announced: {', '.join(map(str, sorted(announced_years())[1:]))}")
