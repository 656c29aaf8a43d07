"""One row per due vehicle that the model in force scores: its propensity and three reasons (propensity_models.yml)."""

from typing import Any

from dbt_project.propensity.scoring import scored


def model(dbt: Any, session: Any) -> Any:
    dbt.config(materialized="table")
    return scored(
        session,
        dbt.ref("int_propensity_basis"),
        dbt.ref("int_propensity_model"),
        dbt.ref("int_propensity_feature"),
    )
