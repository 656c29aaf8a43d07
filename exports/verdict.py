"""The verdict of a night: healthy, degraded or not published, and why. It is the last step and always comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from exports.proof import proof_of
from exports.shelf import NotPublishedError, open_read_only, published_of
from exports.wording import records
from ingest.home import home, log, read_json, write_json


def verdict(as_of: date, problems: Sequence[str] = ()) -> dict[str, Any]:
    """Judge a night and return {'as_of', 'build_id', 'status', 'reasons', 'notices'}.

    problems: what steps after the publish reported (a delivery that failed). A notice is something to be done soon; it
    does not degrade a night. The verdict is written to
    state/verdict/<as_of>.json always, and with the proof that nothing suppressed left (exports.proof) into manifest.json
    of the published folder, both atomically.
    """
    try:
        folder = published_of(as_of)
    except NotPublishedError as error:
        result = {
            "as_of": str(as_of),
            "build_id": None,
            "status": "not_published",
            "reasons": [*problems, str(error)],
            "notices": [],
        }
    else:
        manifest = read_json(folder / "manifest.json")
        known = [*_source_reasons(manifest["sources"]), *_batch_reasons(folder, as_of)]
        reasons = [*known, *_reference_reasons(folder, as_of), *problems]
        result = {
            "as_of": str(as_of),
            "build_id": manifest["build_id"],
            "status": "degraded" if reasons else "healthy",
            "reasons": reasons,
            "notices": _calendar_notices(folder, as_of),
        }
        write_json(folder / "manifest.json", {**manifest, "suppression": proof_of(as_of), "verdict": result})
    write_json(home() / "state" / "verdict" / f"{as_of}.json", result)
    log("verdict", f"{as_of} is {result['status']}, {len(result['reasons'])} reasons")
    return result


def _calendar_notices(folder: Path, as_of: date) -> list[str]:
    """From 1 December on, that next year's statutory days are not known; until then a year has its holidays only."""
    year = (as_of + timedelta(days=31)).year
    with open_read_only(folder / "analytics.duckdb") as connection:
        known = connection.execute(
            "select count(*) from marts.dim_statutory_day where is_announced and year(day) = ?", [year]
        ).fetchone()
    if known and known[0]:
        return []
    return [
        f"{year} 年节假日与调休安排尚未录入,工作日、名单日和关账日可能有误:请更新 holidays 库并运行"
        f" python -m dbt_project.statutory_days。 The statutory days of {year} are not in the seed statutory_day: working"
        " days, days of lists and closings may be wrong. Raise the library holidays, run"
        " python -m dbt_project.statutory_days, and commit the difference."
    ]


def _source_reasons(sources: list[dict[str, Any]]) -> list[str]:
    """One sentence per source that is not fresh; its message says since when, which data are used and whom to ask."""
    return [
        f"{source['source']}/{source['extract']} is {source['status']}: {source['message_en'] or 'no message'}"
        for source in sources
        if source["status"] != "fresh"
    ]


def _reference_reasons(folder: Path, as_of: date) -> list[str]:
    """Sources of which too many of this night's rows name a record that nobody delivered."""
    with open_read_only(folder / "analytics.duckdb") as connection:
        above = connection.execute(
            "select message_en from marts.kpi_data_quality_reference_daily "
            "where received_on = ? and is_above_limit order by all",
            [as_of],
        )
        return [message for (message,) in above.fetchall()]


def _batch_reasons(folder: Path, as_of: date) -> list[str]:
    """Files of this night that are not used although their source is called fresh."""
    with open_read_only(folder / "analytics.duckdb") as connection:
        bad = records(
            connection,
            "select source, extract, file_name, verdict, message_en, owner from marts.fct_batch "
            "anti join (from marts.kpi_source_status where status <> 'fresh') as known using (source, extract) "
            "where received_on = ? and verdict in ('refused', 'failed') order by all",
            [as_of],
        )
    return [
        f"{batch['source']}/{batch['extract']}: {batch['file_name'] or 'no file'} was {batch['verdict']}: "
        f"{batch['message_en'] or 'ask ' + batch['owner']}"
        for batch in bad
    ]
