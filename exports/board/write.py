"""Write the board of a night: index.html for the back office, showroom_<store>.html for each store's wall."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from exports.board.data import ALL, Topic, first_night, months, topics
from exports.board.figures import SECTIONS, figures_for
from exports.metrics import metrics
from exports.page.charts import vega_script
from exports.page.render import render
from exports.page.words import Words
from exports.wording import Record, records

TEMPLATES = Path(__file__).parent / "templates"


def write_board(connection: duckdb.DuckDBPyConnection, words: Words, folder: Path) -> None:
    """Write every page of the board into `folder`, which must not exist; from an opened analytics.duckdb only."""
    folder.mkdir()
    (folder / "index.html").write_bytes(back_office(connection, words))
    stores = records(connection, "select * from marts.dim_store order by store_id")
    for store in stores:
        (folder / showroom_name(store["store_id"])).write_bytes(showroom(connection, words, store))


def showroom_name(store_id: str) -> str:
    """The file of a store's showroom page; whatever the store's code, it stays in its folder."""
    return f"showroom_{quote(store_id, safe='')}.html"


def back_office(connection: duckdb.DuckDBPyConnection, words: Words) -> bytes:
    """The page of the insurance manager: will we reach the target, what loses customers, how good are the data."""
    as_of = words.as_of
    shown = months(connection, as_of)
    found = topics(connection, as_of)
    stores = records(
        connection, "select store_id, store_name, benefits_on_staff_lists from marts.dim_store order by store_id"
    )
    figures = figures_for(stores)
    defined = {metric.name: metric for metric in metrics()}
    keys = [ALL, *(store["store_id"] for store in stores)]
    return render(
        "index.html", words, TEMPLATES,
        figures=figures, sections=SECTIONS, stores=stores, all_stores=ALL,
        definitions={figure.name: figure.definitions(defined) for figure in figures},
        dates=shown.named() | {"first_night": first_night(connection, as_of)},
        sources=_sources(connection), quality=_quality(connection, as_of),
        showrooms=[{**store, "file": showroom_name(store["store_id"])} for store in stores],
        board={
            "figures": {figure.name: figure.for_page(words) for figure in figures},
            "topics": {name: {"columns": topic.columns, "rows": topic.rows} for name, topic in found.items()
                       if any((figure.topic or figure.name) == name for figure in figures)},
            "answers": {key: answers(found, key, f"{shown.now:%Y-%m}", words) for key in keys},
            "now": f"{shown.now:%Y-%m}", "all": ALL,
            "lights": {light: words.texts(f"light.{light}") for light in ("green", "amber", "red")},
        },
        vega=vega_script(),
    )  # fmt: skip


def answers(found: dict[str, Topic], store: str, now: str, words: Words) -> list[dict[str, str]]:
    """What the board answers in sentences: where the month will end, what it loses most by."""
    said = []
    month = next((row for row in found["months"].of(store) if row["month"] == now), None)
    if month and month["target_vehicles"] and month["expected_renewed"] is not None:
        gap = Decimal(month["target_vehicles"]) - month["expected_renewed"]
        whole = abs(gap).to_integral_value(ROUND_HALF_UP)
        said.append(words.texts(
            "board.answer.short" if gap > 0 else "board.answer.reached",
            month=now, expected=month["expected_renewed"], low=month["low_renewed"], high=month["high_renewed"],
            target=month["target_vehicles"], gap=whole,
        ))  # fmt: skip
    elif month and month["target_vehicles"]:
        said.append(words.texts(
            "board.answer.no_forecast", month=now, renewed=month["target_renewed"], target=month["target_vehicles"]
        ))  # fmt: skip
    stages = {row["stage"]: row for row in found["funnel"].of(store)}
    if stages:
        worst = max(("never_quoted", "quoted_not_closed"), key=lambda stage: stages[stage]["vehicles"])
        said.append(words.texts(
            f"board.answer.{worst}", vehicles=stages[worst]["vehicles"], due=stages["due"]["vehicles"],
            share=f"{100 * stages[worst]['share']:.1f}",
        ))  # fmt: skip
    return said or [words.texts("board.answer.nothing")]


def showroom(connection: duckdb.DuckDBPyConnection, words: Words, store: Record) -> bytes:
    """A store's wall: countdown of its campaign and the board of heroes by lottery number (L260), nothing else.

    Without the switch benefits_cleared_by_legal nothing of a campaign is shown to customers (DOMAIN §5).
    """
    campaigns = [] if not store["benefits_cleared_by_legal"] else records(connection, """
        select campaign, zh, en, starts_on, last_day_on, days_left, orders from marts.kpi_campaign
        where store_id = ? and last_day_on >= ?::date - interval 14 day order by last_day_on desc, campaign limit 1
    """, [store["store_id"], words.as_of])  # fmt: skip
    heroes = [] if not campaigns else records(connection, """
        select lottery_number, draw_place, prize, prize_zh, prize_en from marts.fct_campaign_entry
        where store_id = ? and campaign = ? and entry_status = 'valid'
        order by prize nulls last, draw_place nulls last, signed_on desc, lottery_number
    """, [store["store_id"], campaigns[0]["campaign"]])  # fmt: skip
    return render(
        "showroom.html", words, TEMPLATES, store=store, campaign=campaigns[0] if campaigns else None,
        winners=[hero for hero in heroes if hero["prize"] is not None],
        heroes=[hero for hero in heroes if hero["prize"] is None],
    )  # fmt: skip


def _sources(connection: duckdb.DuckDBPyConnection) -> list[Record]:
    return records(connection, """
        select source, extract, status, last_good_business_date, degraded_since, age_days, message_zh, message_en, owner
        from marts.kpi_source_status order by status = 'fresh', source, extract
    """)  # fmt: skip


def _quality(connection: duckdb.DuckDBPyConnection, as_of: date) -> dict[str, Any]:
    found = records(connection, """
        select coalesce(sum(data_records), 0)::bigint as read, coalesce(sum(quarantined), 0)::bigint as quarantined,
            coalesce(sum(refused_files), 0)::bigint as refused
        from marts.kpi_data_quality_daily where received_on = ?
    """, [as_of])[0]  # fmt: skip
    found["share"] = f"{100 * found['quarantined'] / found['read']:.2f}" if found["read"] else "0.00"
    return found
