"""Bad rows, injected at known rates into the rows as the source systems hold them.

A recipe damages rows that are otherwise good; a row gets one defect at most. `defect` and `expected_rule`
stay beside the row, so that the truth can tell what the gate has to find.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingest.sample import parameters as p

Damage = Callable[[pd.DataFrame, np.random.Generator], tuple[pd.DataFrame, list[str]]]


@dataclass(frozen=True)
class Recipe:
    """How a defect is made: `damage` returns the damaged rows and the rule each of them breaks."""

    defect: str
    damage: Damage
    needs: str = ""  # column that must not be blank
    mobile: bool = False  # the needed column must hold a mobile number


def dates(*columns: str, rule: str = "not_a_date") -> Recipe:
    """30 February or a thirteenth month in one of the columns (texts that begin with YYYY-MM-DD)."""

    def damage(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, list[str]]:
        chosen = [columns[i] for i in rng.integers(0, len(columns), len(rows))]
        wrong = rng.choice(["-02-30", "-13-05"], len(rows))
        for at, column, middle in zip(rows.index, chosen, wrong, strict=True):
            value = rows.at[at, column]
            rows.at[at, column] = value[:4] + middle + value[10:]
        return rows, [f"{column}:{rule}" for column in chosen]

    return Recipe("impossible_date", damage, needs=columns[-1])


def bad_vin() -> Recipe:
    """A character too few, or one of the letters a VIN never has."""

    def damage(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, list[str]]:
        letters = rng.choice(["", "O", "I", "Q"], len(rows))
        rows["vin"] = [vin[:5] + letter + vin[6:] for vin, letter in zip(rows["vin"], letters, strict=True)]
        return rows, ["vin:not_a_vin"] * len(rows)

    return Recipe("bad_vin", damage, needs="vin")


def blank(*columns: str) -> Recipe:
    """A required key column left empty."""

    def damage(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, list[str]]:
        chosen = [columns[i] for i in rng.integers(0, len(columns), len(rows))]
        for at, column in zip(rows.index, chosen, strict=True):
            rows.at[at, column] = ""
        return rows, [f"{column}:missing" for column in chosen]

    return Recipe("missing_key", damage)


def unknown(*columns: str) -> Recipe:
    """A code nobody declared ('?': each writer has its own word for it)."""

    def damage(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, list[str]]:
        chosen = [columns[i] for i in rng.integers(0, len(columns), len(rows))]
        for at, column in zip(rows.index, chosen, strict=True):
            rows.at[at, column] = "?"
        return rows, [f"{column}:unknown_code" for column in chosen]

    return Recipe("unknown_code", damage, needs=columns[-1])


def phone(column: str, canonical: str) -> Recipe:
    """A mobile number with ten digits, or with a letter in it."""

    def damage(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, list[str]]:
        short = rng.random(len(rows)) < 0.5
        rows[column] = [v[:10] if s else v[:6] + "l" + v[7:] for v, s in zip(rows[column], short, strict=True)]
        return rows, [f"{canonical}:not_a_phone"] * len(rows)

    return Recipe("broken_phone", damage, needs=column, mobile=True)


def backwards(first: str, second: str) -> Recipe:
    """The end stands before the start (texts of dates or times): both change places."""

    def damage(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, list[str]]:
        rows[first], rows[second] = rows[second].to_numpy(), rows[first].to_numpy()
        return rows, [f"{second}:not_after"] * len(rows)

    return Recipe("end_before_start", damage, needs=second)


def beyond(column: str, wrong: str) -> Recipe:
    """A number outside its bounds, as 8 for 8 %."""

    def damage(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, list[str]]:
        rows[column] = wrong
        return rows, [f"{column}:out_of_range"] * len(rows)

    return Recipe("out_of_range", damage, needs=column)


def duplicate() -> Recipe:
    """The same row once more, right behind (declared, not quarantined)."""
    return Recipe("exact_duplicate", lambda rows, rng: (rows, ["exact_duplicate"] * len(rows)))


def superseded(column: str, more: int) -> Recipe:
    """An earlier state of the row stands before it under the same key: `column` (a number) differs."""

    def damage(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, list[str]]:
        rows[column] = rows[column] + more
        return rows, ["key:superseded_in_file"] * len(rows)

    return Recipe("superseded", damage, needs=column)


POLICY = [
    dates("signed_on", "cover_starts_on", "cover_ends_on"),
    bad_vin(),
    duplicate(),
    blank("policy_number", "vin"),
    unknown("policy_kind", "business_type"),
    phone("phone", "insured_phone"),
    backwards("cover_starts_on", "cover_ends_on"),
    superseded("premium_fen", 10000),
]
QUOTE = [
    dates("requested_at", "quoted_at", rule="not_a_timestamp"),
    bad_vin(),
    duplicate(),
    blank("quote_number", "vin"),
    backwards("requested_at", "quoted_at"),
    superseded("compulsory_fen", 9500),
]
CALL = [
    dates("started_at", rule="not_a_timestamp"),
    duplicate(),
    blank("leg_id", "call_id"),
    unknown("disposition"),
    backwards("started_at", "ended_at"),
    superseded("billable_seconds", 1),
]
CLAIM = [
    dates("accident_at", "reported_at", rule="not_a_timestamp"),
    bad_vin(),
    duplicate(),
    blank("claim_number"),
    unknown("claim_kind"),
    backwards("accident_at", "reported_at"),
]
REQUEST = [dates("requested_at", rule="not_a_timestamp"), bad_vin(), duplicate(), blank("request_number")]
HOTLINE = [
    dates("called_at", rule="not_a_timestamp"),
    duplicate(),
    blank("log_number"),
    unknown("data_origin"),
    phone("caller_phone", "caller_phone"),
]
DMS = {
    "customer": [
        phone("phone", "phone"),
        blank("customer_name"),
        unknown("data_origin"),
        dates("created_on"),
    ],
    "vehicle": [bad_vin(), dates("first_registered_on")],
    "vehicle_sale": [dates("sold_on"), bad_vin(), duplicate(), blank("sale_number")],
    "repair_order": [
        dates("opened_at", rule="not_a_timestamp"),
        bad_vin(),
        duplicate(),
        blank("order_number"),
        unknown("order_kind"),
        backwards("opened_at", "closed_at"),
    ],
    "customer_known_policy": [dates("expires_on"), bad_vin(), blank("report_number")],
    "ownership_change": [dates("changed_on"), bad_vin(), unknown("change_kind")],
    "service_appointment": [dates("booked_at", rule="not_a_timestamp"), bad_vin(), unknown("appointment_kind")],
    "gift_issue": [dates("issued_on"), bad_vin(), blank("issue_number")],
    "voucher": [dates("expires_on"), bad_vin(), unknown("voucher_kind")],
    "entitlement_use": [dates("used_at", rule="not_a_timestamp"), bad_vin(), unknown("entitlement")],
    "concession": [beyond("given_rate", "8"), dates("given_on"), bad_vin(), duplicate()],
    "referral": [phone("referred_phone", "referred_phone"), unknown("data_origin")],
    "reward_point": [dates("booked_on"), blank("entry_number"), unknown("reason")],
    "training": [beyond("score", "850"), dates("held_on")],
    "consent": [dates("decided_on"), unknown("purpose"), blank("customer_id")],
    "manager_decision": [dates("effective_on"), bad_vin(), unknown("subject")],
    "help_request": [dates("asked_at", rule="not_a_timestamp"), unknown("topic")],
    "channel_spend": [dates("spent_on"), unknown("spend_kind"), beyond("amount", "-50.00")],
}
ONLY_A_COPY = {
    "exact_duplicate": 0.5,
    "superseded": -0.5,
}  # where the copy stands, in rows behind the original


def inject(
    rng: np.random.Generator,
    table: pd.DataFrame,
    recipes: list[Recipe],
    allowed: np.ndarray,
    groups: pd.Series | None = None,
    small: np.ndarray | None = None,
) -> pd.DataFrame:
    """The table with defects: adds `defect` and `expected_rule` ('' for good rows) and the copies.

    `groups` is the file of each row, `small` marks rows of small (daily) files, where bad rows are thinned
    out to one in SMALL_FILE_ROWS_PER_DEFECT. Row order is kept; copies stand next to their originals.
    """
    table = table.reset_index(drop=True).assign(defect="", expected_rule="")
    chosen = np.full(len(table), -1)
    draws = rng.random(len(table))
    lower = 0.0
    for number, recipe in enumerate(recipes):
        upper = lower + p.DEFECT_RATES[recipe.defect]
        fits = allowed & (draws >= lower) & (draws < upper)
        if recipe.needs:
            fits &= (table[recipe.needs] != "").to_numpy()
        if recipe.mobile:
            fits &= table[recipe.needs].astype(str).str.match(r"1\d{10}$").to_numpy()
        chosen[fits] = number
        lower = upper
    if groups is not None and small is not None:
        sizes = groups.groupby(groups).transform("size").to_numpy()
        rank = pd.Series(chosen >= 0).groupby(groups.to_numpy()).cumsum().to_numpy()
        chosen[small & (rank > sizes // p.SMALL_FILE_ROWS_PER_DEFECT)] = -1
    order, copies = np.arange(len(table), dtype=float), []
    for number, recipe in enumerate(recipes):
        at = np.flatnonzero(chosen == number)
        if not len(at):
            continue
        rows, rules = recipe.damage(table.iloc[at].copy(), rng)
        rows = rows.assign(defect=recipe.defect, expected_rule=rules)
        if recipe.defect in ONLY_A_COPY:
            copies.append(rows.assign(order=at + ONLY_A_COPY[recipe.defect]))
        else:
            table.iloc[at] = rows[table.columns]
    return (
        pd.concat([table.assign(order=order), *copies], ignore_index=True)
        .sort_values("order", kind="stable", ignore_index=True)
        .drop(columns="order")
    )
