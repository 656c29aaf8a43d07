"""Benefits stay off what staff and customers read until a store has switched them on (DOMAIN §5)."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from exports.call_list import BENEFITS, OFFERED, fill_in_columns, shown_columns
from tests.dbt_project import group_offer
from tests.dbt_project.small_night import Night, project_copy, run_night

BENEFIT = re.compile(
    "concession|discount|gift|voucher|entitlement|lottery|prize|benefit|让利|折扣|礼包|礼品|代金券|工时券|权益|抽奖|奖品"
)
ON_STAFF_LISTS = ("call_list", "statement_line", "kpi_staff_bonus_monthly", "next_vehicle_value")
pytestmark = pytest.mark.slow


def column_names(offer_night: Night) -> set[str]:
    ((switch,),) = offer_night.rows("select benefits_on_staff_lists from restricted.restricted.call_list_recipient")
    person = {"benefits_on_staff_lists": switch}
    return {column.name for column in (*shown_columns(person), *fill_in_columns(person))}


def test_with_the_switch_off_no_benefit_reaches_lists_or_statements(offer_night: Night) -> None:
    columns = offer_night.rows(
        "select table_name, column_name from duckdb_columns() where database_name = 'restricted'"
        f" and table_name in {ON_STAFF_LISTS!r}"
    )
    assert len(columns) > 40
    benefits = [(table, name) for table, name in columns if name.startswith("offer_") or BENEFIT.search(name)]
    assert {table for table, _ in benefits} == {"call_list"}
    known = " or ".join(f"{name} is not null" for _, name in benefits)
    assert offer_night.rows(
        f"select count(*), count(*) filter (where {known}) from restricted.restricted.call_list"
    ) == [(1, 0)]
    assert not column_names(offer_night) & {*BENEFITS, *(column.name for column in OFFERED)}


def test_with_the_switch_off_no_script_speaks_of_benefits(offer_night: Night) -> None:
    """Whatever a situation's script or a list's own words say; all of the seed, not only tonight's rows."""
    words = offer_night.rows(
        "select zh || en from work.seeds.script union all select zh || en from work.seeds.call_action"
        " union all select coalesce(script, '') || call_reason from restricted.restricted.call_list"
    )
    assert len(words) > 10
    assert [text for (text,) in words if BENEFIT.search(text)] == []


def test_a_store_that_switches_it_on_gets_the_columns_from_that_day_on(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A1's ceiling is 10 %; it objected once, so 8 % may be offered now: 240 yuan of 3,000, in which package one fits."""
    project = project_copy(tmp_path_factory.mktemp("project"))
    with (project / "dbt_project" / "seeds" / "offer" / "offer_switch.csv").open("a", encoding="utf-8") as file:
        file.write(f"001,benefits_on_staff_lists,true,our lawyers agreed,{group_offer.AS_OF},9999-12-31\n")
    built = run_night(
        tmp_path_factory.mktemp("on"), group_offer.AS_OF, group_offer.entities(), group_offer.archives(),
        project=project, select="+call_list",
    )  # fmt: skip
    assert built.exit_code == 0, built.stderr
    assert column_names(built) >= {*BENEFITS, *(column.name for column in OFFERED)}
    offer = "select columns('offer_(ceiling|rate|authority|package$|.*uses_left)') from restricted.restricted.call_list"
    assert built.rows(offer) == [(Decimal("0.1000"), Decimal("0.0800"), "own", "回厂礼包一", 0, 0)]
