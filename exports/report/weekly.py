"""The weekly renewal analysis 续保分析报告 (L21, L199): one report per store and one for the group, by rules from the marts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from exports.board.data import ALL, Months, Topic, back, first_night, months, topics, was_listed
from exports.board.figures import FIGURES
from exports.board.write import answers
from exports.page.charts import svg
from exports.page.words import Words
from exports.report.content import Report, Section, Table
from exports.report.findings import Figures, Finding, costliest, findings
from exports.shelf import open_read_only
from exports.wording import Night, Record, records

WEEKLY = frozenset({"reason_rises", "contradicted", "follow_up_late"})
"""Findings about the last whole week; the others are about a month."""
PICTURE = 620
"""Width of a picture in pixels of its own."""
MONTHS_OF = "in (${month}, ${month}::date - interval 1 month, ${month}::date - interval 1 year)"
WEEKS = "in ($week, $week::date - interval 7 day, $week::date - interval 364 day)"
BY = "group by grouping sets (({keys}), (store_id, {keys}))"


def _query(table: str, period: str, month: str, counts: str, keys: str = "", where: str = "true") -> str:
    """Counts per store and for the group, for the period in question, the one before and a year ago."""
    when = WEEKS if month == "week" else MONTHS_OF.format(month=month)
    grouped = f"{keys}, period" if keys else "period"
    return f"""
        select coalesce(store_id, '{ALL}') as store, period{", " + keys if keys else ""}, {counts}
        from (select *, {period}::date as period from marts.{table} where {where}) where period {when}
        {BY.format(keys=grouped)} order by all
    """


CLOSED = _query(
    "kpi_quoted_monthly", "expiry_month", "month", "sum(due_vehicles)::bigint as due, sum(never_quoted)::bigint as never_quoted,"
    " sum(quoted_not_closed)::bigint as quoted_not_closed", where="is_matured",
)  # fmt: skip
CASCADE = _query(
    "kpi_cascade_monthly", "expiry_month", "month", "sum(handed_over)::bigint as handed_over,"
    " (sum(lost_late) + sum(lost_never_handed_over))::bigint as late", "step",
)  # fmt: skip
SEGMENTS = _query(
    "kpi_renewal_rate_monthly", "expiry_month", "month", "sum(renewed_here)::bigint as renewed,"
    " sum(due_vehicles)::bigint as due, sum(target_vehicles)::bigint as target", "segment", "is_matured",
)  # fmt: skip
LOSSES = _query(
    "kpi_loss_weekly", "week", "week", "sum(lost_vehicles)::bigint as lost, sum(contradicted)::bigint as contradicted",
    "reason_group",
)  # fmt: skip
FOLLOW_UP = _query(
    "kpi_follow_up_daily", "date_trunc('week', list_for_on)", "week", "sum(logged_rows)::bigint as logged,"
    " (sum(logged_rows) - sum(called_on_time))::bigint as not_on_time",
)  # fmt: skip
CLAIMED = _query(
    "kpi_claimed_renewal_monthly", "month", "now", "sum(claimed)::bigint as claimed, sum(not_issued)::bigint as not_issued"
)  # fmt: skip
QUOTES = _query(
    "kpi_quote_speed_monthly", "month", "last", "sum(timed_requests)::bigint as timed,"
    " (sum(timed_requests) - sum(fast_requests))::bigint as slow", "insurer_code",
)  # fmt: skip
HOTLINE = _query(
    "kpi_hotline_monthly", "month", "last", "sum(calls)::bigint as calls, (sum(calls) - sum(answered))::bigint as unanswered",
    where="call_kind = 'accident'",
)  # fmt: skip
CONCESSIONS = _query(
    "kpi_concession_average_monthly", "expiry_month", "month", "sum(above_ceiling_vehicles)::bigint as above_ceiling,"
    " sum(recorded_vehicles)::bigint as recorded",
    where="store_id in (select store_id from marts.dim_store where benefits_on_staff_lists)",
)  # fmt: skip
QUERIES = {
    "closed": CLOSED, "cascade": CASCADE, "segments": SEGMENTS, "losses": LOSSES, "follow_up": FOLLOW_UP, "claimed": CLAIMED,
    "quotes": QUOTES, "hotline": HOTLINE, "concessions": CONCESSIONS,
}  # fmt: skip


def weekly_reports(published: Path, words: Words, language: str) -> Iterator[tuple[str, Report]]:
    """(store id, or ALL for the group) and its report, of a published folder; the group's first."""
    with open_read_only(published / "analytics.duckdb") as connection:
        shown = months(connection, words.as_of)
        found = topics(connection, words.as_of)
        figures = _figures(connection, words.as_of, shown)
        stores = records(connection, "select store_id, store_name from marts.dim_store order by store_id")
    night = words.of(language)
    yield ALL, _report(ALL, night.say("board.group"), figures(ALL), found, shown, words, night)
    for store in stores:
        key = store["store_id"]
        yield key, _report(key, store["store_name"], figures(key), found, shown, words, night)


def last_whole_week(as_of: date) -> date:
    """The Monday of the newest week that ended before as_of."""
    return as_of - timedelta(days=as_of.weekday() + 7)


def _figures(connection: duckdb.DuckDBPyConnection, as_of: date, shown: Months) -> Callable[[str], Figures]:
    """A function that gives the figures of a store or ALL: every query runs once for all of them."""
    dates = {"month": shown.matured, "now": shown.now, "last": back(shown.now, 1), "week": last_whole_week(as_of)}
    rows: dict[str, dict[str, list[Record]]] = {name: {} for name in QUERIES}
    for name, query in QUERIES.items():
        used = {key: value for key, value in dates.items() if f"${key}" in query}
        for row in records(connection, query, used):
            rows[name].setdefault(row["store"], []).append(row)
    of_month = {name: _months(day) for name, day in dates.items() if name != "week"}
    week = {name: dates["week"] - timedelta(days=back) for name, back in (("now", 0), ("before", 7), ("year_ago", 364))}
    begun = first_night(connection, as_of)
    listed = {when: month if was_listed(month, begun) else None for when, month in of_month["month"].items()}

    def of(store: str) -> Figures:
        mine = {name: by_store.get(store, []) for name, by_store in rows.items()}

        def whole(name: str, periods: Figures) -> Figures:
            found = {row["period"]: row for row in mine[name]}
            return {when: found.get(day) for when, day in periods.items()}

        def each(name: str, key: str, periods: Figures) -> Figures:
            found = {(row[key], row["period"]): row for row in mine[name]}
            return {
                code: {when: found.get((code, day)) for when, day in periods.items()}
                for code in {row[key] for row in mine[name]}
            }

        reasons = each("losses", "reason_group", week)
        return {
            "closed": whole("closed", of_month["month"]), "claimed": whole("claimed", of_month["now"]),
            "hotline": whole("hotline", of_month["last"]), "concessions": whole("concessions", of_month["month"]),
            "cascade": each("cascade", "step", listed), "segments": each("segments", "segment", of_month["month"]),
            "quotes": each("quotes", "insurer_code", of_month["last"]),
            "reasons": {group: {when: row["lost"] if row else 0 for when, row in by.items()} for group, by in reasons.items()},
            "week": {when: _week(mine["losses"], mine["follow_up"], day) for when, day in week.items()},
            "has_lists": was_listed(shown.matured, begun),
        }  # fmt: skip

    return of


def _report(
    store: str, name: str, figures: Figures, found: dict[str, Topic], shown: Months, words: Words, night: Night
) -> Report:
    week = last_whole_week(night.as_of)
    problems = findings(figures)
    landing = answers(found, store, shown.named()["now"], words)[0][night.language]
    summary = [landing]
    first = costliest(problems)
    if first:
        summary += [
            night.say("report.costs_most", title=_title(first, night)),
            night.say(f"report.{first.name}.action"),
        ]
    else:
        summary.append(night.say("report.good_week"))
    segments = found["segments"].of(store)
    sections = [_section(number, one, segments, night) for number, one in enumerate(problems, start=1)]
    trend = [row for row in found["months"].of(store) if row["is_matured"]]
    if trend:
        figure = next(figure for figure in FIGURES if figure.name == "trend")
        assert figure.draw is not None
        rows = [{key: row[key] for key in ("month", "renewal_rate", "target_rate")} for row in trend]
        sections.append(Section(
            night.say("board.trend"), (night.say("board.trend.note"),), picture=svg(figure.draw(night.say), rows, PICTURE)
        ))  # fmt: skip
    return Report(
        title=night.say("report.weekly"),
        subtitle=night.say("report.weekly.subtitle", store=name, from_day=week, to_day=week + timedelta(days=6), as_of=night.as_of),
        dated=night.as_of, footer=f"{night.say('call_list.internal')} · {name} · {night.say('page.as_of', as_of=night.as_of)}",
        summary=tuple(summary), sections=tuple(sections), language=night.language,
    )  # fmt: skip


def _section(number: int, one: Finding, segments: list[Record], night: Night) -> Section:
    text = night.say(
        f"report.{one.name}.text", cases=one.cases, total=one.total, share=_percent(one.cases, one.total),
        impact=one.impact, **_values(one, night),
    )  # fmt: skip
    lines = [text]
    if one.before or one.year_ago:
        kind = "week" if one.name in WEEKLY else "month"
        lines.append(
            night.say(f"report.compared_{kind}", before=_pair(one.before, night), year_ago=_pair(one.year_ago, night))
        )
    if one.is_few:
        lines.append(night.say("report.few", total=one.total))
    table = _segments(segments, one, night) if one.name == "segment_below_target" else None
    return Section(f"{number}. {_title(one, night)}", tuple(lines), night.say(f"report.{one.name}.action"), table=table)


def _segments(rows: list[Record], one: Finding, night: Night) -> Table:
    worst = (one.values or {})["segment"][1]
    heads = ("segment", "renewed_here", "due_vehicles", "renewal_rate", "target_rate", "target_vehicles")
    cells = tuple(
        (night.say(f"board.segment.{row['segment']}"), f"{row['renewed_here']:,}", f"{row['due_vehicles']:,}",
         _percent(row["renewed_here"], row["due_vehicles"]),
         _percent(row["target_vehicles"], row["due_vehicles"]) if row["target_vehicles"] is not None else "–",
         f"{row['target_vehicles']:,}" if row["target_vehicles"] is not None else "–")
        for row in rows
    )  # fmt: skip
    marked = tuple(at for at, row in enumerate(rows) if row["segment"] == worst)
    return Table(tuple(night.say(f"board.column.{head}") for head in heads), cells, tuple(range(1, 6)), marked)


def _title(one: Finding, night: Night) -> str:
    return night.say(
        f"report.{one.name}",
        impact=one.impact,
        cases=one.cases,
        share=_percent(one.cases, one.total),
        **_values(one, night),
    )


def _values(one: Finding, night: Night) -> dict[str, Any]:
    """What a text names besides the counts; a pair is a kind of label and a code."""
    return {
        name: night.say(f"{value[0]}.{value[1]}") if isinstance(value, tuple) else value
        for name, value in (one.values or {}).items()
    }


def _percent(cases: int, total: int) -> str:
    return f"{100 * cases / total:.1f} %" if total else "–"


def _pair(pair: tuple[int, int] | None, night: Night) -> str:
    return f"{pair[0]:,} / {pair[1]:,} = {_percent(*pair)}" if pair else night.say("report.unknown")


def _months(month: date | None) -> dict[str, date | None]:
    if month is None:
        return {"now": None, "before": None, "year_ago": None}
    return {"now": month, "before": back(month, 1), "year_ago": back(month, 12)}


def _week(losses: list[Record], follow_up: list[Record], week: date) -> Record:
    mine = [row for row in losses if row["period"] == week]
    called = [row for row in follow_up if row["period"] == week]
    return {
        "lost": sum(row["lost"] for row in mine), "contradicted": sum(row["contradicted"] for row in mine),
        "logged": sum(row["logged"] for row in called), "not_on_time": sum(row["not_on_time"] for row in called),
    }  # fmt: skip
