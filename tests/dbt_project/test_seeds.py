"""Changing any value of any seed changes something that is published: no number is there for show.

Each value of each row is changed to another valid one, alone, in a dealership where every number matters to somebody
(every_case.py); the first published table that differs proves it (changing.py). A table that only mirrors its seed
proves nothing for what decides, only for words. `make seeds` tries all values, `make test` every STRIDE-th of a seed.
"""

from __future__ import annotations

import os
import zlib

import pytest

from tests.dbt_project import every_case
from tests.dbt_project.changing import Value, Warehouse, others
from tests.dbt_project.small_night import ROOT

KEYS = {
    "bonus_plan": ("plan_id", "plan_kind", "store_id"),
    "bonus_tier": ("plan_id", "metric", "tier"),
    "call_action": ("action",),
    "call_list_parameter": ("parameter", "store_id"),
    "campaign": ("campaign", "store_id"),
    "campaign_prize": ("campaign", "prize", "store_id"),
    "cascade_step": ("step", "store_id"),
    "concession_ladder": ("step", "store_id"),
    "cover_level": ("cover_level", "clause_version", "store_id"),
    "early_renewal_band": ("band", "store_id"),
    "entitlement": ("entitlement", "store_id"),
    "full_cover": ("cover_code", "store_id"),
    "gift_content": ("package", "position", "store_id"),
    "gift_package": ("package", "store_id"),
    "high_margin_cover": ("cover_code", "store_id"),
    "hold_out": ("segment", "kind", "store_id"),
    "hotline_response_band": ("band", "store_id"),
    "incentive_rule": ("role", "step", "segment", "store_id"),
    "insurer_agreement": ("insurer_code", "agreement", "store_id"),
    "label": ("key",),
    "landing_horizon": ("days_in", "store_id"),
    "loss_reason": ("loss_reason", "store_id"),
    "new_car_insurance": ("measure", "store_id"),
    "offer_parameter": ("parameter", "store_id"),
    "offer_switch": ("switch", "store_id"),
    "renewal_parameter": ("parameter", "store_id"),
    "result_code": ("result",),
    "script": ("situation", "step", "segment", "objection", "store_id"),
    "segment": ("segment", "store_id"),
    "segment_target": ("segment", "tier", "store_id"),
    "statutory_day": ("day",),
    "target_parameter": ("parameter", "store_id"),
    "working_calendar": ("weekday", "store_id"),
}
"""What a row is about; a changed key is another row, not another value."""

WORDS = {"zh", "en", "extra_zh", "extra_en", "meaning", "unit"}
"""Columns that staff read: to be shown is all they are for."""

MIRRORS = {"dim_parameter", "statement_plan"}
"""Tables that show seeds as they are."""

ONLY_SHOWN = {
    "entitlement": {"limit_amount", "limit_km"},  # no source tells what a service came to
    "offer_parameter(gift_residual_share, *)": {"value", "effective_from", "effective_to"},
    "gift_content": {"quantity", "effective_from", "effective_to"},
    "gift_package": {"retail_is_above", "voucher_amount", "voucher_uses"},
    "insurer_agreement": {"limit_amount", "contact_role", "effective_from", "effective_to"},
    "statutory_day": {"kind", "is_announced"},  # most days of four years decide nothing on one night
}
"""Agreements and contents by which nothing is computed: the dimension that shows them is their use."""

CODES = {
    "approver_roles": ["general_manager", "insurance_manager;general_manager"],
    "authority": ["none", "own", "manager", "general_manager"],
    "book_roles": ["renewal_specialist", "sales_consultant"],
    "cover_level": ["4+1", "6+1", "any_commercial", "compulsory_only"],
    "effect": ["claimed", "contact", "no_contact", "wrong_number", "refused", "do_not_call", "lost"],
    "insurer_code": ["PICC", "PAIC"],
    "interpolation": ["linear", "step"],
    "reason_group": ["process", "price", "competitor", "relationship", "other"],
    "renewable_segments": ["insured_here_last_year", "policy_known"],
    "required_covers": ["vehicle_damage", "third_party"],
    "kind": ["holiday", "make_up_working_day"],
    "role": ["sales_consultant", "service_advisor", "renewal_specialist", "insurance_manager"],
    "store_roles": ["information_clerk", "sales_consultant"],
}
"""Valid values of columns with codes; other texts may be anything."""

FLAT = "a step pays coefficient_lower throughout: there is nothing between two equal ends"
ONE_DAY = "an interval of one day is over by the next list, with the rule or without it"
OWN = "every segment has a script of its own: it is for a segment that a store adds"
STOPS = "no table: a ladder that does not average it stops the night (the_ladder_averages_what_is_planned)"
STRICT = "0 is what holds without the row as well: nobody is called on a holiday"
LAST = "the last bound, 1000000, means no bound; nothing reaches it"
UNSEEN = {
    **{f"bonus_tier(bonus-l209, full_coverage, {tier}).{column}": FLAT
       for tier in (1, 3, 4) for column in ("interpolation", "coefficient_upper")},
    **{f"bonus_tier(bonus-l209, attainment, {tier}).{column}": FLAT
       for tier in (1, 3, 4, 5) for column in ("interpolation", "coefficient_upper")},
    "bonus_tier(bonus-l209, full_coverage, 4).upper_inclusive": LAST,
    "bonus_tier(bonus-l209, attainment, 5).upper_inclusive": LAST,
    **{f"script(first_call, *, *, *, *).{column}": OWN for column in ("effective_from", "effective_to", "zh", "en")},
    **{f"call_list_parameter(recontact_{when}_days, *).{column}": ONE_DAY
       for when in ("near", "no_answer") for column in ("effective_from", "effective_to")},
    **{f"call_list_parameter(calls_on_statutory_holidays, *).{column}": STRICT
       for column in ("effective_from", "effective_to")},
    **{f"offer_parameter(planned_average_rate, *).{column}": STOPS
       for column in ("value", "effective_from", "effective_to")},
}  # fmt: skip
"""Values that change nothing, and why; one that does change something is an error here."""

MEND = (
    "Let a model read the value, or give every_case.py a fact that it decides (a vehicle on its bound, say). If it can "
    "change nothing by its meaning, name it with the reason in UNSEEN; if all its use is to be shown, in ONLY_SHOWN."
)
STRIDE = 1 if os.environ.get("ALL_SEEDS") else 4
"""One value in so many is tried, by a hash of its name."""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    facts = every_case.facts()
    folder = tmp_path_factory.mktemp("seeds")
    return Warehouse(folder, str(every_case.AS_OF), facts.entities, facts.archives, every_case.SETTINGS)


def seen_in(warehouse: Warehouse, value: Value) -> str | None:
    """The first published table in which another valid value is seen."""
    shown = ONLY_SHOWN.get(value.seed, set()) | ONLY_SHOWN.get(value.row_name, set()) | WORDS
    is_shown = value.column in shown
    dimensions = {name for name in warehouse.published if name.startswith("dim_")}
    ignored = frozenset() if is_shown else frozenset(MIRRORS | dimensions)
    found = (warehouse.changed_by(value, new, ignored) for new in others(value, CODES))
    return next(filter(None, found), None)


@pytest.mark.parametrize("seed", sorted(path.stem for path in (ROOT / "dbt_project" / "seeds").rglob("*.csv")))
def test_every_value_of_a_seed_changes_what_is_published(warehouse: Warehouse, seed: str) -> None:
    values = list(warehouse.values(seed, KEYS[seed]))
    told = []
    for value in (value for value in values if zlib.crc32(str(value).encode()) % STRIDE == 0):
        found = seen_in(warehouse, value)
        if found and str(value) in UNSEEN:
            told.append(f"{value} is seen in {found}: take it out of UNSEEN")
        elif not found and str(value) not in UNSEEN:
            told.append(f"{value} = {value.now}: no published table changes with it")
    assert values and not told, "\n".join([*told, MEND])
