"""Closing a bonus month: what the night published of it is frozen into the archive and never changes (DOMAIN §4).

The warehouse says which months are to be closed (`restricted.kpi_staff_bonus_monthly`: status, closes_on) and what the
months closed before would be today (`restricted.statement_adjustment`): both are frozen together, the differences as
paid with the month that is closed, and with them the plan version (`restricted.statement_plan`), under which the month
is judged for ever. Nights after this one read the archive back; the closed figures stay whatever
becomes known.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from ingest.archive import ARCHIVE_PROVENANCE, keep
from ingest.entities import archives
from ingest.home import home, is_rebuild, log, read_json, step

CLOSING = "closing as (select distinct store_id, month from shown.restricted.kpi_staff_bonus_monthly"
CLOSING += " where status = 'awaiting_confirmation' and closes_on <= $as_of)"

STATEMENTS = f"""
with {CLOSING}
select bonus.* rename (bonus_amount as amount), bonus.month as paid_month, 'bonus' as kind, null as reason,
from shown.restricted.kpi_staff_bonus_monthly as bonus
semi join closing on bonus.store_id = closing.store_id and bonus.month = closing.month
union all by name
select adjustment.* rename (adjustment_amount as amount), 'adjustment' as kind
from shown.restricted.statement_adjustment as adjustment
semi join closing on adjustment.store_id = closing.store_id and adjustment.paid_month = closing.month
"""

LINES = f"""
with {CLOSING}
select line.*, line.month as paid_month
from shown.restricted.statement_line as line
semi join closing on line.store_id = closing.store_id and line.month = closing.month
union all by name
select line.*, adjustment.paid_month
from shown.restricted.statement_adjustment_line as line
inner join shown.restricted.statement_adjustment as adjustment using (store_id, staff_id, role, month)
semi join closing on adjustment.store_id = closing.store_id and adjustment.paid_month = closing.month
"""

PLANS = f"""
with {CLOSING}
select plan.*, plan.month as paid_month
from shown.restricted.statement_plan as plan
semi join closing on plan.store_id = closing.store_id and plan.month = closing.month
"""
FROZEN = {"statement_plan": PLANS, "statement_line": LINES, "statement": STATEMENTS}
"""Written in this order: the last one makes the month closed, so that a break between them loses nothing."""


def close_months(published: Path) -> int:
    """Freeze every month that the published night has ready for closing; return how many statements were frozen.

    Idempotent: a month that is closed, by an earlier night or by this one, stays as it was frozen.
    """
    as_of = date.fromisoformat(read_json(published / "manifest.json")["as_of"])
    frozen = _closed_months()
    found = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published / 'restricted.duckdb'}' as shown (read_only)")
        connection.register("frozen", frozen)
        for name, query in FROZEN.items():
            typed = ", ".join(
                f"cast({'$as_of' if column == 'closed_on' else column} as {kind}) as {column}"
                for column, kind in archives()[name].sql_types().items()
            )
            found[name] = connection.execute(
                f"with found as ({query}) select {typed} from found"
                " anti join frozen on found.store_id = frozen.store_id and found.paid_month = frozen.paid_month"
                " order by all",
                {"as_of": as_of},
            ).to_arrow_table()
    if not found["statement"].num_rows:
        return 0
    for name in FROZEN:
        keep(archives()[name], as_of, pa.concat_tables([*_kept(name, as_of, frozen), found[name]]).combine_chunks())
    return found["statement"].num_rows


def close_step(published: str) -> int:
    """Close the months that are due in a published night; a rebuild closes nothing. Returns the frozen statements."""
    folder = Path(published)
    as_of = date.fromisoformat(read_json(folder / "manifest.json")["as_of"])
    if is_rebuild(as_of):
        return 0
    with step(as_of, "close"):
        closed = close_months(folder)
        log("close", f"{closed} statements and adjustments frozen" if closed else "no month is due for closing")
    return closed


def _closed_months() -> pa.Table:
    """(store_id, paid_month) of everything frozen so far, by this night too; month says the same."""
    files = [str(path) for path in sorted((home() / "archive" / "statement").glob("????-??-??/*.parquet"))]
    if not files:
        empty = pa.array([], pa.date32())
        return pa.table({"store_id": pa.array([], pa.string()), "paid_month": empty, "month": empty})
    with duckdb.connect() as connection:
        query = "select distinct store_id, paid_month, paid_month as month from read_parquet($files) order by all"
        return connection.execute(query, {"files": files}).to_arrow_table()


def _kept(name: str, as_of: date, frozen: pa.Table) -> list[pa.Table]:
    """What this night froze before, without its provenance: the next revision holds it too."""
    folder = home() / "archive" / name / str(as_of)
    revisions = sorted(folder.glob("*.parquet"), key=lambda path: int(path.stem))
    if not revisions:
        return []
    with duckdb.connect() as connection:
        connection.register("frozen", frozen)
        query = f"""
            select * exclude ({", ".join(ARCHIVE_PROVENANCE)}) from read_parquet($file)
            semi join frozen using (store_id, {"paid_month" if "paid_month" in archives()[name].columns else "month"})
            order by all
        """
        return [connection.execute(query, {"file": str(revisions[-1])}).to_arrow_table()]
