"""How long a model takes to score a million vehicles, as int_propensity_score does inside the build.

    python -m tests.bench.propensity [--vehicles 1000000]

Printed: seconds of training on made-up vehicles, and seconds and rows of scoring with reasons, from one table of an
in-memory DuckDB into another. The target is 20 s for a million; nothing fails because it is slow.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from dbt_project.propensity.scoring import Model, scored
from dbt_project.propensity.training import train
from tests.dbt_project.propensity import made_up

FEATURES, LEARNED = 24, 20_000


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.propensity", description="Score a million vehicles.")
    parser.add_argument("--vehicles", type=int, default=1_000_000, help="vehicles to score (default: 1000000)")
    options = parser.parse_args(argv)
    started = time.perf_counter()
    model = train(widened(made_up.rows(LEARNED))).model
    trained = time.perf_counter() - started
    seconds, rows = score(model, widened(made_up.rows(options.vehicles)))
    print(f"trained on {LEARNED:,} vehicles and {FEATURES} features in {trained:.1f} s")
    print(f"scored {rows:,} vehicles with their reasons in {seconds:.1f} s (target for a million: 20 s)")
    return 0


def widened(table: pa.Table) -> pa.Table:
    """The made-up rows with as many features as the project has."""
    chance = np.random.default_rng(1)
    for number in range(FEATURES - 5):
        table = table.append_column(f"feature_{number:02}", pa.array(chance.integers(0, 50, table.num_rows)))
    return table


def score(model: Model, table: pa.Table) -> tuple[float, int]:
    """(seconds, rows) of scoring the features of a table; it is in DuckDB before the clock starts."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("given", table)
        connection.execute("create table feature as select *, vehicle_key as vin from given")
        basis = connection.sql(
            "select 'model' as status, $seen as model_seen_to_month", params={"seen": date(2020, 1, 1)}
        )
        rows = pa.Table.from_pylist(model.rows())
        started = time.perf_counter()
        found = scored(connection, basis, connection.from_arrow(rows), connection.table("feature"))
        connection.register("found", found)
        connection.execute("create table score as from found")
        (count,) = connection.execute("select count(*) from score where propensity_rate is not null").fetchone()
        return time.perf_counter() - started, count


if __name__ == "__main__":
    sys.exit(main())
