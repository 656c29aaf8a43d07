"""A group of any size for the board: marts filled by SQL with numbers that follow from store and month alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from exports.page.words import Words, load_words
from exports.shelf import open_read_only
from tests.exports.marts import add_declared

AS_OF = date(2026, 11, 24)
LABELS = Path(__file__).resolve().parents[3] / "dbt_project" / "seeds" / "label.csv"

FILL = """
insert into marts.dim_label select key, zh, en from read_csv('{labels}', header = true, all_varchar = true);
insert into marts.dim_store by name
    select store_id, name as store_name, '西安' as city, {on} as benefits_on_staff_lists, {on} as benefits_cleared_by_legal
    from stores;
insert into marts.dim_segment by name
    select unnest(['insured_here_last_year', 'policy_known', 'out_of_town', 'phone_only']) as segment, unnest([1, 2, 3, 6]) as priority;
create temp table cells as
    select store_id, segment, m::date as month, last_day(m::date) + 30 < date '{as_of}' as is_matured,
        20 + hash(store_id, segment, m) % 60 as due, hash(store_id, m, segment) % 20 as renewed
    from stores, marts.dim_segment, generate_series(date '2025-01-01', date '2027-02-01', interval 1 month) as t (m);
insert into marts.kpi_renewal_rate_monthly by name
    select store_id, segment, month as expiry_month, due as due_vehicles, renewed as renewed_here,
        if(segment = 'out_of_town', null, (due + 1) // 2) as target_vehicles, is_matured from cells;
insert into marts.kpi_target_attainment_monthly by name
    select store_id, month as expiry_month, unnest(['base', 'stretch']) as tier, sum(due) as due_vehicles,
        sum(renewed) as renewed_here, sum((due + 1) // 2) as target_vehicles,
        round(sum(renewed) / sum((due + 1) // 2), 6) as attainment_rate,
        (['green', 'amber', 'red'])[(1 + hash(store_id) % 3)::bigint] as light, bool_and(is_matured) as is_matured
    from cells where segment <> 'out_of_town' group by store_id, month;
insert into marts.kpi_landing_forecast_monthly by name
    select store_id, month as expiry_month, sum(due) as due_vehicles, sum(renewed) as renewed_so_far,
        sum(renewed) + 3.5 as expected_renewed, sum(renewed) + 1 as low_renewed, sum(renewed) + 8 as high_renewed
    from cells where not is_matured group by store_id, month;
insert into marts.kpi_quoted_monthly by name
    select store_id, segment, month as expiry_month, due as due_vehicles, renewed as renewed_here, renewed + 5 as quoted,
        5 as quoted_not_closed, due - renewed - 5 as never_quoted, is_matured from cells where due > renewed + 5;
insert into marts.kpi_cascade_monthly by name
    select store_id, month as expiry_month, unnest(['step_1', 'step_2', 'step_3', 'recall']) as step,
        unnest([1, 2, 3, 4]) as position, sum(due) as handed_over, sum(renewed) as won, sum(due) // 4 as lost_never_handed_over,
        sum(due) // 5 as lost_late, sum(due) // 6 as lost_never_quoted, 0 as lost_quoted_late, 3 as lost_worked
    from cells group by store_id, month;
insert into marts.kpi_loss_monthly by name
    select store_id, segment, month, unnest(['price', 'process', 'contact', 'competitor']) as reason_group,
        due // 4 as lost_vehicles, due // 9 as never_quoted, 1 as contradicted from cells;
insert into marts.kpi_loss_weekly by name
    select store_id, 'policy_known' as segment, week, unnest(['price', 'process', 'not_stated']) as reason_group,
        unnest([if(week = date '2026-11-16', 9, 3), 4, 30]) as lost_vehicles, unnest([2, 0, 0]) as contradicted
    from stores, (select unnest([date '2026-11-16', date '2026-11-09', date '2025-11-17']) as week);
insert into marts.kpi_claimed_renewal_monthly by name
    select store_id, 'E1' as staff_id, date '2026-11-01' as month, 12 as claimed, 2 as not_issued from stores;
insert into marts.kpi_quote_speed_monthly by name select store_id, unnest(['PICC', 'PAIC']) as insurer_code,
    date '2026-10-01' as month, 40 as timed_requests, unnest([30, 10]) as fast_requests from stores;
insert into marts.kpi_concession_average_monthly by name select store_id, 'E1' as staff_id, date '2026-09-01' as expiry_month,
    20 as recorded_vehicles, 3 as above_ceiling_vehicles from stores;
insert into marts.kpi_concession_mix_monthly by name
    select store_id, 'E1' as staff_id, month as expiry_month, unnest([0, 1, 2]) as step, unnest([0, 0.5, 0.5]) as planned_share,
        unnest([1, 4, 5]) as vehicles, 10 as recorded_vehicles from cells where segment = 'policy_known';
insert into marts.kpi_insurer_share_monthly by name
    select store_id, unnest(['PICC', 'PAIC']) as insurer_code, month as expiry_month, sum(renewed) as renewed_vehicles,
        unnest([sum(renewed) * 3000.25, sum(renewed) * 1000.5]) as premium_amount, sum(renewed) * 100 as commission_amount
    from cells group by store_id, month;
insert into marts.kpi_new_car_insurance_monthly by name
    select store_id, 'E' || store_id || i as staff_id, date '2026-10-01' as month, 10 as sold_vehicles, 10 - i as insured_here,
        (10 - i) / 10 as insurance_rate, 0.95 as target_rate, 1 + i as store_rank,
        rank() over (order by i) as group_rank from stores, range(4) as t (i);
insert into marts.kpi_hotline_monthly by name
    select store_id, date '2026-10-01' as month, 'accident' as call_kind, 20 as calls, 18 as answered, 15 as recorded,
        14 as guided, 12 as within_1_minute, 5 as vehicles_returned from stores;
insert into marts.kpi_follow_up_daily by name
    select store_id, 'E' || i as staff_id, date '2026-11-10' + d::integer as list_for_on, 30 as sent_rows, 20 as returned_rows,
        30 as logged_rows, 20 + hash(store_id, d, i) % 10 as called_on_time from stores, range(12) as t (d), range(3) as p (i);
insert into marts.kpi_source_status by name select 'picc' as source, 'policies' as extract, 'policy' as entity,
    'stale' as status, date '2026-11-21' as last_good_business_date, date '2026-11-22' as degraded_since, 2 as age_days,
    '人保 PICC:今日未收到新数据' as message_zh, 'PICC: nothing new arrived' as message_en, '王经理' as owner
    union all select 'dms', 'vehicles', 'vehicle', 'fresh', date '2026-11-23', null, 0, '', '', '李工';
insert into marts.kpi_data_quality_daily by name
    select date '{as_of}' as received_on, 'dms' as source, 1000 as data_records, 12 as quarantined, 1 as refused_files;
insert into marts.fct_night by name select date '2026-06-01' as as_of;
insert into marts.kpi_campaign by name select store_id, 'november' as campaign, '感恩续保月' as zh, 'Month of thanks' as en,
    date '2026-11-01' as starts_on, date '2026-11-30' as last_day_on, 6 as days_left, 3 as orders from stores;
insert into marts.fct_campaign_entry by name select store_id, 'november' as campaign, md5(store_id || i) as vehicle_key,
    store_id || '-A' || i as lottery_number, date '2026-11-10' as signed_on, if(i = 3, 'cancelled', 'valid') as entry_status
    from stores, range(4) as t (i);
"""


def make_marts(folder: Path, stores: dict[str, str], benefits: bool = False, filled: bool = True) -> Words:
    """Write analytics.duckdb and restricted.duckdb for stores (code -> name) into a folder; return the words of the night."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{folder / 'analytics.duckdb'}' as made; use made; create schema marts")
        add_declared(connection)
        connection.execute("create temp table stores (store_id varchar, name varchar)")
        connection.executemany("insert into stores values (?, ?)", list(stores.items()))
        script = FILL if filled else ";".join(FILL.split(";")[:2])
        connection.execute(script.format(labels=LABELS, on=str(benefits).lower(), as_of=AS_OF))
        connection.execute(f"attach '{folder / 'restricted.duckdb'}' as kept; use kept; create schema restricted")
        add_declared(connection, "restricted")
    return load_words(folder, AS_OF)


def write(folder: Path, words: Words) -> Path:
    """Write the board of make_marts; return its folder."""
    from exports.board.write import write_board

    with open_read_only(folder / "analytics.duckdb") as connection:
        write_board(connection, words, folder / "board")
    return folder / "board"
