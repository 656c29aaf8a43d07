"""What every source promises about a canonical entity, as one Great Expectations suite per entity.

Required columns, code lists, bounds and orders of dates come from the entity's declaration, what a VIN or a phone number
looks like from ingest/identifiers.py. Each promise names the rule a row breaks; severity "warning" is reported and lets the row in.
"""

from __future__ import annotations

import great_expectations as gx
import great_expectations.expectations as gxe

from ingest.entities import Entity
from ingest.identifiers import PHONE, PLATE, VIN

VERSION = "4"
"""Raise when a promise changes: landed files are then checked again."""


def suite(entity: Entity, identity: str, by_hand: bool = False) -> gx.ExpectationSuite:
    """The promises of one entity; `identity` other than 'vin' switches VIN rules off.

    `by_hand`: what people fill in beside the required columns is only told when it breaks a promise.
    """
    promises: list[gxe.Expectation] = [
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1, meta={"rule": "file:no_rows"}
        )  # an empty frame keeps the others
    ]
    for name, column in entity.columns.items():
        if column.required:
            promises.append(gxe.ExpectColumnValuesToNotBeNull(column=name, meta={"rule": f"{name}:missing"}))
        if column.codes:
            promises.append(
                gxe.ExpectColumnValuesToBeInSet(
                    column=name, value_set=list(column.codes), meta={"rule": f"{name}:unknown_code"}
                )
            )
        if column.least is not None or column.most is not None:
            lenient = by_hand and not column.required
            promises.append(
                gxe.ExpectColumnValuesToBeBetween(
                    column=name,
                    min_value=column.least,
                    max_value=column.most,
                    severity="warning" if lenient else "critical",
                    meta={"rule": f"{name}:out_of_range"},
                )
            )
        if column.type == "vin" and identity == "vin":
            promises.append(_matches(name, VIN, "not_a_vin"))
        if column.type == "phone":
            lenient = by_hand and not column.required
            promises.append(_matches(name, PHONE, "not_a_phone", severity="warning" if lenient else "critical"))
        if column.type == "plate":
            promises.append(_matches(name, PLATE, "unusual_plate", severity="warning"))
    for first, second in entity.order:
        promises.append(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A=second,
                column_B=first,
                or_equal=True,
                ignore_row_if="either_value_is_missing",
                meta={"rule": f"{second}:not_after"},
            )
        )
    return gx.ExpectationSuite(name=entity.name, expectations=promises)


def _matches(column: str, regex: str, rule: str, severity: str = "critical") -> gxe.Expectation:
    return gxe.ExpectColumnValuesToMatchRegex(
        column=column, regex=regex, severity=severity, meta={"rule": f"{column}:{rule}"}
    )
