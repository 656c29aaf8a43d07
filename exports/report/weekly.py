"""The weekly renewal analysis 续保分析报告 (L21, L199): one report per store and one for the group, by rules from the marts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from exports.board.data import ALL, Months, Topic, months, topics
from exports.board.figures import FIGURES
from exports.board.write import answers, first_night
from exports.page.charts import svg
from exports.page.words import Words
from exports.report.content import Report, Section, Table
from exports.report.findings import Figures, Finding, findings
from exports.shelf import open_read_only
from exports.wording import Night, Record, records

WEEKLY = frozenset({"reason_rises", "contradicted", "follow_up_late"})
"""Findings about the last whole week; the others are about a month."""
PICTURE = 620
"""Width of a picture in pixels of its own."""
CLOSED = f"""
    select coalesce(store_id, '{ALL}') as store, expiry_month, sum(due_vehicles)::bigint as due, sum(quoted)::bigint as quoted,
        sum(renewed_here)::bigint as renewed, sum(never_quoted)::bigint as never_quoted,
        sum(quoted_not_closed)::bigint as quoted_not_closed
    from marts.kpi_quoted_monthly
    where is_matured and expiry_month in ($month, $month::date - interval 1 month, $month::date - interval 1 year)
    group by grouping sets ((expiry_month), (store_id, expiry_month))
"""
CASCADE = f"""
    select coalesce(store_id, '{ALL}') as store, step, position, sum(handed_over)::bigint as handed_over,
        sum(lost_late)::bigint as late, sum(lost_never_handed_over)::bigint as never_handed_over
    from marts.kpi_cascade_monthly where expiry_month = $month
    group by grouping sets ((step, position), (store_id, step, position)) order by store, position
"""
LOSSES = f"""
    select coalesce(store_id, '{ALL}') as store, reason_group, week, sum(lost_vehicles)::bigint as lost,
        sum(contradicted)::bigint as contradicted
    from marts.kpi_loss_weekly
    where week in ($week, $week::date - interval 7 day, $week::date - interval 364 day)
    group by grouping sets ((reason_group, week), (store_id, reason_group, week)) order by store, reason_group, week
"""
FOLLOW_UP = f"""
    select coalesce(store_id, '{ALL}') as store, date_trunc('week', list_for_on)::date as week,
        sum(logged_rows)::bigint as logged, (sum(logged_rows) - sum(called_on_time))::bigint as not_on_time
    from marts.kpi_follow_up_daily
    where date_trunc('week', list_for_on) in ($week, $week::date - interval 7 day, $week::date - interval 364 day)
    group by grouping sets ((date_trunc('week', list_for_on)), (store_id, date_trunc('week', list_for_on)))
"""
CLAIMED = f"""
    select coalesce(store_id, '{ALL}') as store, sum(claimed)::bigint as claimed, sum(not_issued)::bigint as not_issued
    from marts.kpi_claimed_renewal_monthly where month = $now group by grouping sets ((), (store_id))
"""
QUOTES = f"""
    select coalesce(store_id, '{ALL}') as store, insurer_code, sum(timed_requests)::bigint as timed, sum(fast_requests)::bigint as fast
    from marts.kpi_quote_speed_monthly where month = $now::date - interval 1 month
    group by grouping sets ((insurer_code), (store_id, insurer_code)) order by store, insurer_code
"""
HOTLINE = f"""
    select coalesce(store_id, '{ALL}') as store, sum(calls)::bigint as calls, sum(answered)::bigint as answered
    from marts.kpi_hotline_monthly where month = $now::date - interval 1 month and call_kind = 'accident'
    group by grouping sets ((), (store_id))
"""
CONCESSIONS = f"""
    select coalesce(given.store_id, '{ALL}') as store, sum(given.above_ceiling_vehicles)::bigint as above_ceiling,
        sum(given.recorded_vehicles)::bigint as recorded
    from marts.kpi_concession_average_monthly as given
    inner join marts.dim_store as dim on given.store_id = dim.store_id and dim.benefits_on_staff_lists
    where given.expiry_month = $month group by grouping sets ((), (given.store_id))
"""


def weekly_reports(published: Path, words: Words, language: str) -> Iterator[tuple[str, Report]]:
    """(store id, or ALL for the group) and its report, of a published folder; the group's first."""
    with open_read_only(published / "analytics.duckdb") as connection:
        shown = months(connection, words.as_of)
        found = topics(connection, words.as_of)
        figures = _figures(connection, words.as_of, shown, found)
        stores = records(connection, "select store_id, store_name from marts.dim_store order by store_id")
    night = words.of(language)
    yield ALL, _report(ALL, night.say("board.group"), figures(ALL), found, shown, words, night)
    for store in stores:
        key = store["store_id"]
        yield key, _report(key, store["store_name"], figures(key), found, shown, words, night)


def last_whole_week(as_of: date) -> date:
    """The Monday of the newest week that ended before as_of."""
    return as_of - timedelta(days=as_of.weekday() + 7)


def _figures(connection: duckdb.DuckDBPyConnection, as_of: date, shown: Months, found: dict[str, Topic]) -> Any:
    """A function that gives the figures of a store or ALL: every query runs once for all of them."""
    week = last_whole_week(as_of)
    values = {"month": shown.matured, "now": shown.now, "week": week}
    rows: dict[str, dict[str, list[Record]]] = {}
    for name, query in (("closed", CLOSED), ("cascade", CASCADE), ("losses", LOSSES), ("follow_up", FOLLOW_UP),
                        ("claimed", CLAIMED), ("quotes", QUOTES), ("hotline", HOTLINE), ("concessions", CONCESSIONS)):  # fmt: skip
        used = {key: value for key, value in values.items() if f"${key}" in query}
        for row in records(connection, query, used):
            rows.setdefault(name, {}).setdefault(row["store"], []).append(row)
    begun = first_night(connection, as_of)
    weeks = {"week": week, "week_before": week - timedelta(days=7), "week_year_ago": week - timedelta(days=364)}

    def of(store: str) -> Figures:
        mine = {name: by_store.get(store, []) for name, by_store in rows.items()}
        closed = {row["expiry_month"]: row for row in mine.get("closed", [])}
        losses = mine.get("losses", [])
        return {
            "now": closed.get(shown.matured), "before": closed.get(_back(shown.matured, 1)),
            "year_ago": closed.get(_back(shown.matured, 12)),
            "cascade": mine.get("cascade", []), "has_lists": shown.matured is not None and begun <= shown.matured,
            "segments": found["segments"].of(store),
            "reasons": [
                {"reason_group": group} | {when: _lost(losses, day, group) for when, day in
                                           (("now", week), ("before", weeks["week_before"]), ("year_ago", weeks["week_year_ago"]))}
                for group in sorted({row["reason_group"] for row in losses})
            ],
            **{name: _week(losses, mine.get("follow_up", []), day) for name, day in weeks.items()},
            "claimed": (mine.get("claimed") or [{"claimed": 0, "not_issued": 0}])[0], "quotes": mine.get("quotes", []),
            "hotline": (mine.get("hotline") or [{"calls": 0, "answered": 0}])[0],
            "concessions": next(iter(mine.get("concessions", [])), None),
        }  # fmt: skip

    return of


def _report(
    store: str, name: str, figures: Figures, found: dict[str, Topic], shown: Months, words: Words, night: Night
) -> Report:
    week = last_whole_week(night.as_of)
    problems = findings(figures)
    landing = answers(found, store, shown.named()["now"], words)[0][night.language]
    summary = [landing]
    if problems:
        summary += [
            night.say("report.costs_most", title=_title(problems[0], night)),
            night.say(f"report.{problems[0].name}.action"),
        ]
    else:
        summary.append(night.say("report.good_week"))
    sections = [_section(number, one, figures, night) for number, one in enumerate(problems, start=1)]
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


def _section(number: int, one: Finding, figures: Figures, night: Night) -> Section:
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
    table = _segments(figures["segments"], one, night) if one.name == "segment_below_target" else None
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


def _back(month: date | None, count: int) -> date | None:
    if month is None:
        return None
    place = month.year * 12 + month.month - 1 - count
    return date(place // 12, place % 12 + 1, 1)


def _lost(rows: list[Record], week: date, group: str) -> int:
    return sum(row["lost"] for row in rows if row["week"] == week and row["reason_group"] == group)


def _week(losses: list[Record], follow_up: list[Record], week: date) -> Record:
    mine = [row for row in losses if row["week"] == week]
    called = [row for row in follow_up if row["week"] == week]
    return {
        "lost": sum(row["lost"] for row in mine), "contradicted": sum(row["contradicted"] for row in mine),
        "logged": sum(row["logged"] for row in called), "not_on_time": sum(row["not_on_time"] for row in called),
    }  # fmt: skip
