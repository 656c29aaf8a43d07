"""A small hand-made build: three DuckDB files as dbt leaves them, made by SQL."""

import functools
import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.exports.marts import add_declared_to, tables_of

PROJECT = Path(__file__).resolve().parents[2]
LABELS = PROJECT / "dbt_project" / "seeds" / "label.csv"

WORK = """
create schema staging; create schema seeds;
create table staging.stg_dms__customer as select * from (values
    ('C1', '王小明', '13912345678', '029-88123456', '610103198001011234'),
    ('C2', '赵伟', '13800001111', null, null)) as t (customer_id, customer_name, phone, second_phone, id_number);
create table staging.stg_dms__vehicle as select * from (values
    ('LSVAA4182E2123456', '陕A12345'), ('LSVAA4182E2123457', '陕AD12345')) as t (vin, plate_number);
create table staging.stg_dms__staff as select 'S1' as staff_id, '赵伟' as staff_name;
"""

ANALYTICS = """
create schema marts;
create table marts.dim_label as select key, zh, en from read_csv('{labels}', header = true, all_varchar = true);
create table marts.dim_store as select * from (values ('001', '西安一店'), ('002', '西安二店')) as t (store_id, store_name);
create table marts.dim_statutory_day as
    select date '2026-01-01' as day, 'holiday' as kind, '元旦' as zh, 'New Year' as en, true as is_announced;
create table marts.dim_segment as select * from (values ('insured_here_last_year', 1), ('out_of_town', 3)) as t (segment, priority);
create table marts.fct_due_vehicle as
    select '001' as store_id, md5(i::varchar) as vehicle_key, date '2026-11-01' as expiry_month, 'note ' || i as comment
    from range(100) as t (i);
create table marts.fct_renewal_bridge as select '001' as store_id, date '2026-11-01' as expiry_month, 0::bigint as residual_vehicles;
create table marts.fct_call_list as select '001' as store_id, md5('1') as vehicle_key, date '2026-11-01' as expiry_month, 'S1' as staff_id;
create table marts.fct_suppressed_vehicle as select '001' as store_id, md5('2') as vehicle_key, date '2026-11-01' as expiry_month, 'S1' as staff_id;
create table marts.fct_batch as select * from (values
    ('picc', 'policies', 'policy', '保单清单_20261123.csv', date '2026-11-24', 'accepted', null::varchar, null::varchar, '王经理', 120::bigint, 117::bigint, 2::bigint, 1::bigint),
    ('dms', 'vehicles', 'vehicle', 'vehicle', date '2026-11-24', 'accepted', null, null, '李工', 12000::bigint, 12000::bigint, 0::bigint, 0::bigint))
    as t (source, extract, entity, file_name, received_on, verdict, message_zh, message_en, owner, records_read, loaded, quarantined, declared);
create table marts.kpi_source_status as select * from (values
    ('picc', 'policies', 'policy', 'fresh', date '2026-11-23', date '2026-11-24', null::date, 1::bigint, null::varchar, null::varchar, '王经理'),
    ('dms', 'vehicles', 'vehicle', 'fresh', date '2026-11-23', date '2026-11-24', null, 1::bigint, null, null, '李工'))
    as t (source, extract, entity, status, last_good_business_date, last_good_received_on, degraded_since, age_days, message_zh, message_en, owner);
create table marts.kpi_data_quality_reference_daily as select * from (values
    (date '2026-11-24', 'dms', 'vehicles', 'store_id', 12000::bigint, 3::bigint, false, '', ''))
    as t (received_on, source, extract, columns, referencing_records, unknown_records, is_above_limit, message_zh, message_en);
create table marts.fct_propensity_basis as select 'model' as status, date '2026-11-02' as model_as_of, 2000 as vehicles,
    700 as renewed_vehicles, 2000 as least_vehicles, 300 as least_each;
create table marts.fct_propensity_training as select date '2026-11-02' as as_of, 0.712::decimal(18,6) as auc,
    0.1812::decimal(18,6) as brier, 0.1934::decimal(18,6) as segment_rate_brier;
create table marts.kpi_follow_up_daily as select '001' as store_id, 'S1' as staff_id, date '2026-11-23' - i::integer as list_for_on,
    40::bigint as sent_rows, 30::bigint as returned_rows, 40::bigint as logged_rows, 32::bigint as called_on_time,
    20::bigint as reached_on_time, 1::bigint as returned_without_call from range(6) as t (i);
create table marts.kpi_renewal_rate_monthly as select * from (values
    ('001', 'insured_here_last_year', date '2026-09-01', 60::bigint, 45::bigint, 5::bigint, 10::bigint, 0::bigint, 0.75::decimal(9,4), 0.75::decimal(9,4), 45::bigint, true),
    ('001', 'insured_here_last_year', date '2026-11-01', 80::bigint, 31::bigint, 2::bigint, 0::bigint, 47::bigint, null, 0.75::decimal(9,4), 60::bigint, false),
    ('001', 'out_of_town', date '2026-11-01', 20::bigint, 1::bigint, 0::bigint, 0::bigint, 19::bigint, null, null, null, false))
    as t (store_id, segment, expiry_month, due_vehicles, renewed_here, renewed_elsewhere, lost, open, renewal_rate, target_rate, target_vehicles, is_matured);
"""

ROW = """
create or replace table restricted.call_list as
select date '{as_of}' as as_of, date '{as_of}' as list_for_on, '001-S1-{as_of}' as list_id, 'r' || i as row_id,
    '001' as store_id, '西安一店' as store_name, 'S1' as staff_id, '赵伟' as staff_name,
    'renewal_specialist' as role, i::bigint as sequence_number,
    (['脱保追回', '今天约定回访', '先报价再促成', '首次致电'])[1 + i % 4] as today_action, 'call' as today_action_en,
    (['已脱保4天;去年在本店投保;上次反馈嫌价格高', '约定今天联系;今年报价比去年低6%', '还有8天到期;尚无今年报价记录;去年在本店投保', '还有35天到期;去年在本店投保;上次反馈嫌价格高;今年报价比去年低6%'])[1 + i % 4] as call_reason,
    'reason' as call_reason_en,
    md5('row' || i) as vehicle_key, '王先生' as customer_name, '13912345678' as phone, '陕A12345' as plate_number, '途观L 330TSI' as model,
    3::bigint as vehicle_age_years, date '2026-12-24' + i::integer as commercial_expires_on,
    date '2026-12-20' + i::integer as compulsory_expires_on, (-4 + 10 * (i % 4))::bigint as days_left,
    '已报价考虑中' as last_result, date '2026-11-20' as last_result_on,
    case when i % 4 = 1 then date '{as_of}' end as next_contact_on, '中国人保' as last_year_insurer,
    3250.5::decimal(18, 2) as last_year_premium_amount, '交强险、车损险、三者险、司机座位险、乘客座位险' as last_year_covers,
    case when i % 4 <> 2 then 3055.47::decimal(18, 2) end as quoted_amount,
    case when i % 4 <> 2 then -0.06::decimal(9, 4) end as quote_change_rate, 0::bigint as claims_last_year,
    date '2026-08-01' as last_visit_on, '您好，我是西安一店的续保专员，您的车险快到期了，今年给您的方案比去年便宜，我用两分钟给您说一下。' as script,
    (['overdue', 'promised', 'last_10_days', 'normal'])[1 + i % 4] as urgency, true as uplift_is_estimated,
    null::decimal(9, 4) as offer_ceiling_rate, null::decimal(9, 4) as offer_rate, null::varchar as offer_authority,
    null::varchar as offer_package, null::varchar as offer_package_en, null::bigint as offer_voucher_uses_left,
    null::decimal(18, 2) as offer_voucher_amount_left, null::bigint as offer_service_uses_left,
    (['脱保追回', '第二步', '第三步', '第一步'])[1 + i % 4] as step_name,
    (['recall', 'step 2', 'step 3', 'step 1'])[1 + i % 4] as step_name_en
from range(1, {rows} + 1) as t (i);
"""

RESTRICTED = """
create schema restricted;
{row}
create table restricted.call_list_recipient as select * from (values
    ('001', '西安一店', 'S1', '赵伟', 'renewal_specialist', '001-S1-{as_of}', date '{as_of}', {rows}::bigint, 9::bigint, 21::bigint),
    ('002', '西安二店', 'S2', '钱芳', 'renewal_specialist', '002-S2-{as_of}', date '{as_of}', 0::bigint, 9, 20))
    as t (store_id, store_name, staff_id, staff_name, role, list_id, list_for_on, rows, call_from_hour, call_until_hour);
create table restricted.do_not_call_number as select * from (values
    ('13800001111', null::date), ('13912345678', date '{as_of}' - 1)) as t (phone, ends_on);
create table restricted.dropdown as select * from (values
    ('result', 1, 'renewed', '成交', 'renewed'), ('result', 2, 'no_answer', '未接通', 'no answer'), ('result', 3, 'lost', '战败', 'lost'),
    ('loss_reason', 1, 'too_expensive', '保费太贵', 'too expensive'), ('loss_reason', 2, 'other', '其他', 'other'))
    as t (list_name, position, code, zh, en);
create table restricted.kpi_staff_bonus_monthly as select '001' as store_id, 'S1' as staff_id, 'renewal_specialist' as role,
    date '2026-10-01' as month, 200::bigint as renewable_vehicles, 0.9::decimal(9, 4) as full_coverage_rate,
    1200.00::decimal(18, 2) as bonus_amount, '=cmd' as plan_id, 100::bigint as renewed_vehicles,
    0.5::decimal(18, 6) as attainment_rate, 90::bigint as full_cover_vehicles, 0::decimal(18, 2) as next_full_cover_value,
    'awaiting_confirmation' as status, date '2026-11-02' as confirmed_on, null::date as objected_on,
    date '2026-11-03' as manager_confirmed_on, null::date as general_manager_confirmed_on
    union all select '001', 'S1', 'renewal_specialist', date '2026-11-01', 100, 0.8, 800.00, 'p', 60, 0.6, 48, 13.00, 'provisional', null, null, null, null;
create table restricted.list_recipient as select * from (values
    ('service_lane', '001', '西安一店', 'A1', '孙悦', 'service_advisor', date '{as_of}'),
    ('service_lane', '001', '西安一店', 'A2', '周航', 'service_advisor', date '{as_of}'),
    ('service_lane', '002', '西安二店', 'A3', '吴迪', 'service_advisor', date '{as_of}'),
    ('data_gap', '001', '西安一店', 'C1', '郑洁', 'information_clerk', date '{as_of}'),
    ('hotline_follow_up', '001', '西安一店', 'P1', '冯凯', 'accident_promoter', date '{as_of}'),
    ('win_back', '001', '西安一店', 'S1', '赵伟', 'renewal_specialist', date '{as_of}'),
    ('message', '001', '西安一店', 'C1', '郑洁', 'information_clerk', date '{as_of}'),
    ('expiry_table', '001', '西安一店', 'S1', '赵伟', 'renewal_specialist', date '{as_of}'),
    ('expiry_wall', '001', '西安一店', 'M1', '陈静', 'insurance_manager', date '{as_of}'),
    ('team', '001', '西安一店', 'M1', '陈静', 'insurance_manager', date '{as_of}'),
    ('team', '002', '西安二店', 'M2', '褚亮', 'insurance_manager', date '{as_of}'))
    as t (list_kind, store_id, store_name, staff_id, staff_name, role, list_for_on);
create table restricted.service_lane_list as select date '{as_of}' as list_for_on, '001' as store_id, 'A1' as staff_id,
    case when i > 1 then 'A1' end as recipient_id, 'T' || i as appointment_number,
    timestamp '{as_of} 09:30:00' + to_hours(i) as appointed_at, 'maintenance' as appointment_kind, 'LSVAA4182E2123456' as vin,
    date '2026-12-01' as first_expires_on, 7::bigint as days_left, '王先生' as customer_name, '陕A12345' as plate_number,
    '途观L 330TSI' as model, 2::bigint as claim_free_years, 3055.47::decimal(18, 2) as lowest_quote_amount,
    i = 1 as is_do_not_call, false as has_open_case, '还有7天到期;去年在本店投保' as reason_zh, 'in 7 days; insured here' as reason_en
from range({others}) as t (i) where i > 0;
create table restricted.data_gap_list as select 'due_vehicle' as list_kind, '001' as store_id, 'V' || i as subject,
    'LSVAA4182E2123456' as vin, '陕A12345' as plate_number, 'C' || i as customer_id, '王先生' as customer_name,
    null::varchar as phone, false as is_do_not_call, date '2026-12-01' as expiry_month, date '2026-12-20' as first_expires_on,
    true as expiry_is_estimated, 'out_of_town' as segment, 'expiry;phone' as gaps
from range({others}) as t (i) where i > 0;
create table restricted.hotline_follow_up as select '001' as store_id, 'H' || i as log_number,
    timestamp '{as_of} 08:00:00' - to_hours(i) as called_at, 'accident' as call_kind, null::varchar as staff_id,
    '李女士' as caller_name, '13912345678' as caller_phone, null::varchar as vin, '陕A12345' as plate_number,
    'PICC' as insurer_code, false as has_response, true as is_recorded, false as is_guided, i = 2 as is_do_not_call
from range({others}) as t (i) where i > 0;
create table restricted.suppressed_vehicle_list as select date '{as_of}' as list_for_on, '001' as store_id, md5('2') as vehicle_key,
    date '2026-12-01' as expiry_month, '赵先生' as customer_name, '陕A54321' as plate_number, '朗逸' as model,
    date '2026-12-20' as first_expires_on, 26 as days_left, 'do_not_call' as reason, date '2027-11-24' as release_on,
    'S1' as staff_id, '赵伟' as staff_name, 'no_more_calls' as last_result, date '2026-11-20' as last_contact_on
from range({others}) as t (i) where i > 0;
create table restricted.uncovered_vehicle_list as select date '{as_of}' as list_for_on, '001' as store_id, 'S1' as staff_id,
    '赵伟' as staff_name, 48 + i as sequence_number, md5('4') as vehicle_key, date '2026-12-01' as expiry_month,
    '孙女士' as customer_name, '陕A13579' as plate_number, '宝来' as model, date '2026-12-28' as first_expires_on, 34 as days_left,
    'normal' as urgency, null::varchar as last_result, null::date as last_contact_on
from range({others}) as t (i) where i > 0;
create table restricted.claimed_not_issued_list as select '001' as store_id, md5('3') as vehicle_key, date '2026-11-01' as expiry_month,
    '钱女士' as customer_name, '陕A67890' as plate_number, '帕萨特' as model, date '2026-11-25' as first_expires_on,
    date '2026-11-10' as claimed_on, date '2026-11-17' as issue_by, 'S1' as staff_id, '赵伟' as staff_name
from range({others}) as t (i) where i > 0;
create table restricted.win_back_list as select date '{as_of}' as list_for_on, '001' as store_id, 'S1' as recipient_id,
    md5('lost' || i) as vehicle_key, '周女士' as customer_name, '1370000000' || i as phone, '陕A7777' || i as plate_number,
    '速腾' as model, date '2025-11-20' as insured_until, 369::bigint as lapsed_days, 'PICC' as last_insurer_code,
    'renewed_elsewhere' as last_outcome, date '2026-10-01' as last_visit_on, null::date as last_contact_on, i as sequence_number,
    9::bigint as call_from_hour, 21::bigint as call_until_hour
from range({others}) as t (i) where i > 0;
create table restricted.message_list as select date '{as_of}' as list_for_on, '001' as store_id, md5('message' || i) as vehicle_key,
    date '2027-01-01' as expiry_month, '吴先生' as customer_name, '1360000000' || i as phone, '陕A6666' || i as plate_number,
    '迈腾' as model, date '2027-01-13' as first_expires_on, 50 as days_left, 'N' || i as consent_number,
    9::bigint as call_from_hour, 21::bigint as call_until_hour,
    '吴先生您好，西安一店提醒您：您的爱车的车险将于2027-01-13到期，如需核对保障或了解报价，请与本店联系。回复T退订。' as text_zh,
    'Your insurance ends on 2027-01-13. Reply T to opt out.' as text_en
from range({others}) as t (i) where i > 0;
create table restricted.expiry_table as select date '{as_of}' as list_for_on, '001' as store_id,
    case when i <> 2 then 'S' || i end as recipient_id, md5('expiry' || i) as vehicle_key, date '2026-12-01' as expiry_month,
    '王先生' as customer_name, '王**' as customer_masked, case when i <> 2 then '1350000000' || i end as phone,
    '陕A8888' || i as plate_number, '陕A***8' || i as plate_masked, '迈腾' as model, date '2026-12-04' as commercial_expires_on,
    date '2026-12-04' as compulsory_expires_on, date '2026-12-04' as first_expires_on, 10 as days_left, false as expiry_is_estimated,
    'step_3' as step, 'S1' as step_owner_id, 3055.47::decimal(18, 2) as lowest_quote_amount,
    case when i = 2 then 'do_not_call' end as not_called_for, null::date as release_on
from range({others}) as t (i) where i > 0;
create table restricted.escalation_list as select date '{as_of}' as list_for_on, '001' as store_id, md5('e' || i) as vehicle_key,
    date '2026-11-01' as expiry_month, (['not_worked', 'not_authorised', 'no_quote'])[1 + i % 3] as escalation, 'S1' as staff_id,
    date '{as_of}' as since_on, (['step_2', 'C-1', null])[1 + i % 3] as reference_number, '赵伟' as staff_name, '郑女士' as customer_name,
    '陕A55555' as plate_number, '宝来' as model, date '2026-11-30' as first_expires_on
from range({others}) as t (i) where i > 0;
create table restricted.handed_over_list as select date '{as_of}' as list_for_on, '001' as store_id, 'S1' as staff_id,
    date '{as_of}' - i::integer as handed_over_on, (['step_timed_out', 'reassigned', 'colleague_absent'])[1 + i % 3] as handed_over_for,
    'A1' as from_staff_id, '孙悦' as from_staff_name, 'step_3' as step, md5('row' || i) as vehicle_key, date '2026-12-01' as expiry_month,
    '王先生' as customer_name, '陕A12345' as plate_number, '途观L 330TSI' as model, 8 as days_left, 'no_answer' as last_result,
    date '2026-11-20' as last_result_on, case when i <> 2 then i end as sequence_number,
    case when i = 2 then 'recontact_interval' end as reason
from range({others}) as t (i) where i > 0;
create table restricted.channel_manager_bonus_monthly as select 'PICC' as insurer_code, 'M7' as manager_id,
    date '2026-11-01' as month, 40::bigint as target_vehicles, 30::bigint as renewed_vehicles,
    0.75::decimal(18, 6) as attainment_rate, 0.8::decimal(18, 6) as budget_factor, 600.00::decimal(18, 2) as bonus_amount;
create table restricted.staff_incentive_monthly as select '001' as store_id, 'S1' as staff_id, 'renewal_specialist' as role,
    date '2026-10-01' as month, 30.00::decimal(18, 2) as incentive_amount;
create table restricted.statement_adjustment as select '001' as store_id, 'S1' as staff_id, 'renewal_specialist' as role,
    date '2026-10-01' as month, 400.00::decimal(18, 2) as adjustment_amount;
create table restricted.next_vehicle_value as select '001' as store_id, 'S1' as staff_id, 'renewal_specialist' as role,
    date '2026-10-01' as month, -1500.00::decimal(18, 2) as next_basic_value, true as is_plan_defect;
"""


def change(file: Path, script: str) -> None:
    """Run SQL in a DuckDB file, attached under another name, as dbt does (see exports.shelf.open_read_only)."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file}' as made; use made; {script}")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for the test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("XUBAO_HOME", str(folder))
    monkeypatch.delenv("XUBAO_DELIVERY_FOLDER", raising=False)
    return folder


@pytest.fixture(scope="session")
def plain_build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int, int], Path]:
    """A finished build folder per as_of and number of rows on the call list and on each other list, made once."""

    @functools.cache
    def make(as_of: str, rows: int, others: int) -> Path:
        folder = tmp_path_factory.mktemp("plain")
        row = ROW.format(as_of=as_of, rows=rows)
        scripts = {
            "work": WORK,
            "analytics": ANALYTICS.format(labels=LABELS),
            "restricted": RESTRICTED.format(row=row, as_of=as_of, rows=rows, others=others + 1),
        }
        for name, script in scripts.items():
            change(folder / f"{name}.duckdb", script)
        shown = tables_of("board") | tables_of("own_page") | tables_of("weekly_report")
        add_declared_to(folder / "analytics.duckdb", "marts", shown)
        kept = tables_of("own_page") | tables_of("statement_pack")
        add_declared_to(folder / "restricted.duckdb", "restricted", kept)
        (folder / "inputs.json").write_text(json.dumps({"as_of": as_of, "entities": {}, "archives": {}, "sources": []}))
        nodes = [{"name": "fct_due_vehicle", "status": "success"}, {"name": "bridge_closes", "status": "pass"}]
        (folder / "run_results.json").write_text(json.dumps({"status": "success", "nodes": nodes}))
        return folder

    return make


@pytest.fixture
def make_build(home: Path, plain_build: Callable[[str, int, int], Path]) -> Callable[..., Path]:
    """Make a finished build folder; analytics and restricted are SQL to run on top."""

    def make(
        build_id: str = "b1", as_of: str = "2026-11-24", rows: int = 8, others: int = 0,
        analytics: str = "", restricted: str = "",
    ) -> Path:  # fmt: skip
        folder = home / "builds" / build_id
        shutil.copytree(plain_build(as_of, rows, others), folder)
        for name, script in (("analytics", analytics), ("restricted", restricted)):
            if script:
                change(folder / f"{name}.duckdb", script)
        return folder

    return make


@pytest.fixture(scope="session")
def published_home(tmp_path_factory: pytest.TempPathFactory, plain_build: Callable[[str, int, int], Path]) -> Path:
    """A home with one published night and its outbox, made once; tests copy it."""
    from exports.audit import audit
    from exports.outbox import fill_outbox
    from exports.publish import publish

    folder = tmp_path_factory.mktemp("published") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XUBAO_HOME", str(folder))
        build = folder / "builds" / "b1"
        shutil.copytree(plain_build("2026-11-24", 8, 2), build)
        audit(build)
        publish(build, rebuild=False)
        fill_outbox(date(2026, 11, 24))
    return folder


@pytest.fixture
def night_home(home: Path, published_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own with a published night and its outbox, not yet delivered; pauses between rounds take no time."""
    shutil.copytree(published_home, home, symlinks=True)
    monkeypatch.setattr("exports.deliver.pause", lambda seconds: None)
    monkeypatch.delenv("XUBAO_DELIVERY", raising=False)
    before = dict(os.environ)
    yield home
    os.environ.clear()
    os.environ.update(before)
