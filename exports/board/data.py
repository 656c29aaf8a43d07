"""What the board shows, by topic: rows of the marts for each store and for the group, counts summed, never rates.

Each query has a first column `store`: a store's code, or ALL for the group. $1 is the newest matured expiry month, $2 the
expiry month of the day that the night prepared, $3 that day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

ALL = "*"
"""The group."""

MONTHS_BACK = 13
"""Matured months of the trend: the newest and the twelve before, so that the same month of last year is among them."""


@dataclass(frozen=True)
class Topic:
    """A table of the board: names of its columns and its rows, whose first value is the store."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def of(self, store: str) -> list[dict[str, Any]]:
        """The rows of one store, or of the group."""
        return [dict(zip(self.columns[1:], row[1:], strict=True)) for row in self.rows if row[0] == store]


@dataclass(frozen=True)
class Months:
    """matured: newest expiry month all of whose windows are closed, None in a group's first month; now: the month of as_of."""

    matured: date | None
    now: date

    def named(self) -> dict[str, str]:
        """matured, now and before (the month before now) as 2026-11, since as both last; – without one."""
        months = {"matured": self.matured, "now": self.now, "before": back(self.now, 1)}
        named = {name: f"{month:%Y-%m}" if month else "–" for name, month in months.items()}
        return named | {"since": f"{named['before']} – {named['now']}"}


MONTHS = f"""
    with rates as (
        select store_id, expiry_month, sum(due_vehicles) as due_vehicles, sum(renewed_here) as renewed_here,
            bool_and(is_matured) as is_matured
        from marts.kpi_renewal_rate_monthly group by all
    ),
    joined as (
        select rates.*, target.due_vehicles as target_due, target.renewed_here as target_renewed, target.target_vehicles,
            forecast.expected_renewed, forecast.low_renewed, forecast.high_renewed, target.light
        from rates
        left join marts.kpi_target_attainment_monthly as target
            on rates.store_id = target.store_id and rates.expiry_month = target.expiry_month and target.tier = 'base'
        left join marts.kpi_landing_forecast_monthly as forecast
            on rates.store_id = forecast.store_id and rates.expiry_month = forecast.expiry_month
    )
    select coalesce(store_id, '{ALL}') as store, strftime(expiry_month, '%Y-%m') as month,
        sum(due_vehicles)::bigint as due_vehicles, sum(renewed_here)::bigint as renewed_here,
        sum(target_due)::bigint as target_due, sum(target_renewed)::bigint as target_renewed,
        sum(target_vehicles)::bigint as target_vehicles,
        if(bool_and(is_matured), null, sum(expected_renewed)) as expected_renewed,
        if(bool_and(is_matured), null, sum(low_renewed)::bigint) as low_renewed,
        if(bool_and(is_matured), null, sum(high_renewed)::bigint) as high_renewed,
        count(*) filter (where light = 'green') as green, count(*) filter (where light = 'amber') as amber,
        count(*) filter (where light = 'red') as red, bool_and(is_matured) as is_matured,
        round(sum(renewed_here) / nullif(sum(due_vehicles), 0), 6)::decimal(9, 6) as renewal_rate,
        round(sum(target_vehicles) / nullif(sum(target_due), 0), 6)::decimal(9, 6) as target_rate
    from joined
    where expiry_month > $1::date - interval {MONTHS_BACK} month or not is_matured
    group by grouping sets ((expiry_month), (store_id, expiry_month))
    order by store, month
"""

STORES = f"""
    select '{ALL}' as store, coalesce(dim.store_name, target.store_id) as store_name, target.due_vehicles,
        target.renewed_here, target.target_vehicles, target.attainment_rate, target.light, forecast.expected_renewed,
        forecast.low_renewed, forecast.high_renewed
    from marts.kpi_target_attainment_monthly as target
    left join marts.dim_store as dim on target.store_id = dim.store_id
    left join marts.kpi_landing_forecast_monthly as forecast
        on target.store_id = forecast.store_id and target.expiry_month = forecast.expiry_month
    where target.tier = 'base' and target.expiry_month = $2
    order by attainment_rate desc nulls last, target.store_id
"""

SEGMENTS = f"""
    with counted as (
        select coalesce(store_id, '{ALL}') as store, segment, expiry_month = $1 as is_matured,
            sum(due_vehicles)::bigint as due_vehicles, sum(renewed_here)::bigint as renewed_here,
            sum(target_vehicles)::bigint as target_vehicles
        from marts.kpi_renewal_rate_monthly where expiry_month in ($1, $2)
        group by grouping sets ((segment, expiry_month), (store_id, segment, expiry_month))
    )
    select counted.store, counted.segment, counted.due_vehicles, counted.renewed_here, counted.target_vehicles,
        round(counted.renewed_here / counted.due_vehicles, 6)::decimal(9, 6) as renewal_rate,
        round(counted.target_vehicles / counted.due_vehicles, 6)::decimal(9, 6) as target_rate
    from counted inner join marts.dim_segment as segment on counted.segment = segment.segment
    where counted.is_matured = {{matured}}
    order by counted.store, segment.priority
"""

FUNNEL = f"""
    with counted as (
        select coalesce(store_id, '{ALL}') as store, sum(due_vehicles)::bigint as due, sum(quoted)::bigint as quoted,
            sum(renewed_here)::bigint as renewed, sum(quoted_not_closed)::bigint as quoted_not_closed,
            sum(never_quoted)::bigint as never_quoted
        from marts.kpi_quoted_monthly where expiry_month = $1
        group by grouping sets ((), (store_id))
    )
    select store, stage, vehicles, round(vehicles / due, 6)::decimal(9, 6) as share
    from (
        select store, due, unnest(['due', 'quoted', 'renewed', 'quoted_not_closed', 'never_quoted']) as stage,
            unnest([due, quoted, renewed, quoted_not_closed, never_quoted]) as vehicles, generate_subscripts([1, 2, 3, 4, 5], 1) as place
        from counted where due > 0
    )
    order by store, place
"""

CASCADE = f"""
    with counted as (
        select coalesce(store_id, '{ALL}') as store, step, position, sum(handed_over)::bigint as handed_over,
            sum(won)::bigint as won, sum(lost_never_handed_over)::bigint as never_handed_over,
            sum(lost_late)::bigint as late, sum(lost_never_quoted)::bigint as never_quoted,
            sum(lost_quoted_late)::bigint as quoted_late, sum(lost_worked)::bigint as worked
        from marts.kpi_cascade_monthly where expiry_month = $1
        group by grouping sets ((step, position), (store_id, step, position))
    )
    select store, step, handed_over, won, cause, vehicles from (
        select *, unnest(['never_handed_over', 'late', 'never_quoted', 'quoted_late', 'worked']) as cause,
            unnest([never_handed_over, late, never_quoted, quoted_late, worked]) as vehicles,
            generate_subscripts([1, 2, 3, 4, 5], 1) as place
        from counted
    )
    where vehicles > 0
    order by store, position, place
"""

LOSSES = f"""
    select coalesce(store_id, '{ALL}') as store, reason_group, sum(lost_vehicles)::bigint as lost_vehicles,
        sum(contradicted)::bigint as contradicted, (sum(lost_vehicles) - sum(contradicted))::bigint as consistent,
        sum(never_quoted)::bigint as never_quoted
    from marts.kpi_loss_monthly
    where month between date_trunc('month', $3::date) - interval 1 month and $3::date
    group by grouping sets ((reason_group), (store_id, reason_group))
    order by store, lost_vehicles desc, reason_group
"""

CONCESSIONS = f"""
    select coalesce(mix.store_id, '{ALL}') as store, mix.step, sum(mix.vehicles)::bigint as vehicles,
        sum(mix.recorded_vehicles)::bigint as recorded_vehicles,
        round(sum(mix.vehicles) / nullif(sum(mix.recorded_vehicles), 0), 6)::decimal(9, 6) as vehicle_share,
        round(sum(mix.planned_share * mix.recorded_vehicles) / nullif(sum(mix.recorded_vehicles), 0), 6)::decimal(9, 6)
            as planned_share
    from marts.kpi_concession_mix_monthly as mix
    inner join marts.dim_store as dim on mix.store_id = dim.store_id and dim.benefits_on_staff_lists
    where mix.expiry_month = $1
    group by grouping sets ((mix.step), (mix.store_id, mix.step))
    order by store, mix.step
"""

INSURERS = f"""
    with counted as (
        select coalesce(store_id, '{ALL}') as store, insurer_code, sum(renewed_vehicles)::bigint as renewed_vehicles,
            sum(premium_amount)::decimal(18, 2) as premium_amount, sum(commission_amount)::decimal(18, 2) as commission_amount
        from marts.kpi_insurer_share_monthly where expiry_month = $1
        group by grouping sets ((insurer_code), (store_id, insurer_code))
    )
    select store, insurer_code, renewed_vehicles, premium_amount, commission_amount,
        round(premium_amount / nullif(sum(premium_amount) over (partition by store), 0), 6)::decimal(9, 6) as premium_share
    from counted order by store, premium_amount desc, insurer_code
"""

NEW_CARS = f"""
    with people as (
        select store_id, staff_id, sold_vehicles, insured_here, insurance_rate, target_rate, store_rank, group_rank
        from marts.kpi_new_car_insurance_monthly
        where month = date_trunc('month', $3::date) - interval 1 month and staff_id is not null
    )
    select store_id as store, store_rank as place, staff_id, store_id, sold_vehicles, insured_here, insurance_rate, target_rate
    from people where store_rank <= 15
    union all
    select '{ALL}', group_rank, staff_id, store_id, sold_vehicles, insured_here, insurance_rate, target_rate
    from people where group_rank <= 15
    order by store, place, staff_id, store_id
"""

HOTLINE = f"""
    with counted as (
        select coalesce(store_id, '{ALL}') as store, sum(calls)::bigint as calls, sum(answered)::bigint as answered,
            sum(recorded)::bigint as recorded, sum(guided)::bigint as guided, sum(within_1_minute)::bigint as within_1_minute,
            sum(vehicles_returned)::bigint as vehicles_returned
        from marts.kpi_hotline_monthly
        where month = date_trunc('month', $3::date) - interval 1 month and call_kind = 'accident'
        group by grouping sets ((), (store_id))
    )
    select store, stage, vehicles as calls, round(vehicles / total, 6)::decimal(9, 6) as share from (
        select store, calls as total,
            unnest(['calls', 'answered', 'recorded', 'guided', 'within_1_minute', 'vehicles_returned']) as stage,
            unnest([calls, answered, recorded, guided, within_1_minute, vehicles_returned]) as vehicles,
            generate_subscripts([1, 2, 3, 4, 5, 6], 1) as place
        from counted where calls > 0
    )
    order by store, place
"""

FOLLOW_UP = f"""
    with days as (
        select distinct list_for_on from marts.kpi_follow_up_daily where logged_rows > 0 order by list_for_on desc limit 10
    )
    select coalesce(store_id, '{ALL}') as store, strftime(list_for_on, '%Y-%m-%d') as day, sum(sent_rows)::bigint as sent_rows,
        sum(returned_rows)::bigint as returned_rows, sum(logged_rows)::bigint as logged_rows,
        sum(called_on_time)::bigint as called_on_time,
        round(sum(called_on_time) / nullif(sum(logged_rows), 0), 6)::decimal(9, 6) as on_time_rate
    from marts.kpi_follow_up_daily inner join days using (list_for_on)
    group by grouping sets ((list_for_on), (store_id, list_for_on))
    having sum(logged_rows) > 0
    order by store, day
"""

TOPICS = {
    "months": MONTHS, "stores": STORES, "segments": SEGMENTS.format(matured="true"),
    "segments_now": SEGMENTS.format(matured="false"), "funnel": FUNNEL, "cascade": CASCADE, "losses": LOSSES,
    "concessions": CONCESSIONS, "insurers": INSURERS, "new_cars": NEW_CARS, "hotline": HOTLINE, "follow_up": FOLLOW_UP,
}  # fmt: skip


def months(connection: duckdb.DuckDBPyConnection, as_of: date) -> Months:
    """The months that the board speaks of; matured and open ones are never mixed (DOMAIN §2)."""
    found = connection.execute(
        "select max(expiry_month) from (select expiry_month from marts.kpi_renewal_rate_monthly"
        " group by all having bool_and(is_matured))"
    ).fetchone()
    return Months(found[0] if found else None, as_of.replace(day=1))


def topics(connection: duckdb.DuckDBPyConnection, as_of: date) -> dict[str, Topic]:
    """Every topic of TOPICS of an opened analytics.duckdb."""
    shown = months(connection, as_of)
    values = {"1": shown.matured, "2": shown.now, "3": as_of}
    found = {}
    for name, query in TOPICS.items():
        used = {number: value for number, value in values.items() if f"${number}" in query}
        cursor = connection.execute(query, used)
        found[name] = Topic(tuple(item[0] for item in cursor.description), cursor.fetchall())
    if not was_listed(shown.matured, first_night(connection, as_of)):
        found["cascade"] = Topic(found["cascade"].columns, [])
    return found


def first_night(connection: duckdb.DuckDBPyConnection, as_of: date) -> date:
    """The day of the first night on record: nothing was handed over by a list before it."""
    found = connection.execute("select min(as_of) from marts.fct_night").fetchone()
    return (found and found[0]) or as_of


def was_listed(month: date | None, begun: date) -> bool:
    """Whether lists existed from the freeze of an expiry month on, so that its cascade can be judged by what was handed over."""
    return month is not None and begun <= back(month, 2)


def back(month: date, count: int) -> date:
    """The first day of the month so many months before."""
    place = month.year * 12 + month.month - 1 - count
    return date(place // 12, place % 12 + 1, 1)
