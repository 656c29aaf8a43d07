"""What is known of each vehicle and its customer, checked by hand on the ten vehicles (see group.py and desk.py)."""

from __future__ import annotations

from tests.dbt_project.small_night import Night


def test_claim_free_years_are_counted_with_a_year_of_which_nobody_tells_apart(desk_night: Night) -> None:
    """V03 and V04 had a claim in the year that ends. V09 is insured at PAIC, which sends no claims. Of the other five
    PICC tells one year (V07's claim was rejected); V01 is renewed, V02 and V10 are open."""
    sql = """select claim_free_years, due_vehicles, ended_by_claim_vehicles, renewed_here, open
        from analytics.marts.kpi_claim_free_monthly where expiry_month = date '2026-11-01'
        order by claim_free_years nulls last"""
    assert desk_night.exit_code == 0, desk_night.stderr
    assert desk_night.rows(sql) == [(0, 2, 2, 0, 1), (1, 5, 0, 1, 2), (None, 1, 0, 0, 1)]


def test_the_dossier_gathers_what_is_known_of_a_vehicle(desk_night: Night, offer_night: Night) -> None:
    """V03: sold here, two claims, one quote, called back on 10 November. V10 was bought on a loan. V06 was transferred
    and keeps its row. A4 has an open complaint; A5 was brought by somebody else and has a voucher left, which nobody
    sees while the switch is off."""
    sql = """select vin, is_sold_here, is_financed, insured_name, outcome, status, quotes, lowest_quote_amount::varchar,
        claims_before_freeze, claim_free_years, is_quality_customer, last_result, last_result_on::varchar
        from restricted.restricted.dossier where vin in ('V03', 'V06', 'V10') order by vin"""
    assert desk_night.rows(sql) == [
        ("V03", True, None, "客户V03", "open", "in", 1, "3150.00", 2, 0, False, "call_back", "2026-11-10"),
        ("V06", False, None, "客户V06", "open", "sold", 0, None, None, None, None, None, None),
        ("V10", True, True, "客户V10", "open", "in", 0, None, 0, 1, True, None, None),
    ]
    vehicles = "select count(*), count(distinct vin) from restricted.restricted.dossier"
    assert desk_night.rows(vehicles) == [(10, 10)]
    sql = """select vin, open_complaints, sender_name, sender_phone, last_visit_on::varchar, voucher_uses_left
        from restricted.restricted.dossier where vin in ('A4', 'A5') order by vin"""
    assert offer_night.rows(sql) == [
        ("A4", 1, None, None, None, None),
        ("A5", 0, "司机丙", "13900000005", "2026-11-20", None),
    ]


def test_a_vehicle_known_by_its_plate_only_has_three_gaps_and_stands_on_the_clerks_list(desk_night: Night) -> None:
    """V08 has no phone, no policy and no owner's name; its two earlier months are closed. The others lack nothing."""
    sql = """select expiry_month::varchar, gap, due_vehicles, open, filled_segment, is_worth_known
        from analytics.marts.kpi_data_gap_monthly where expiry_month >= date '2026-11-01' order by gap"""
    assert desk_night.rows(sql) == [
        ("2027-02-01", "customer_name", 1, 1, None, False),
        ("2027-02-01", "expiry", 1, 1, "policy_known", False),
        ("2027-02-01", "phone", 1, 1, "out_of_town", False),
    ]
    sql = "select list_kind, vin, plate_number, gaps from restricted.restricted.data_gap_list"
    assert desk_night.rows(sql) == [("due_vehicle", "V08", "豫A88888", "customer_name;expiry;phone")]


def test_the_advisor_sees_which_visits_of_today_and_tomorrow_are_due_and_what_came_of_earlier_ones(
    desk_night: Night,
) -> None:
    """V03 comes today and V10 tomorrow, V02 later. V01 came 56 days before its expiry and renewed a week after; V09 did
    not come; V08 came 118 days before its expiry; V07 cancelled."""
    sql = """select appointment_number, staff_id, days_left, lowest_quote_amount::varchar, claim_free_years, reason_zh
        from restricted.restricted.service_lane_list order by 1"""
    assert desk_night.rows(sql) == [
        ("T1", "A1", -4, "3150.00", 0, "进店当天已脱保4天;去年在本店投保"),
        ("T2", "A1", -5, None, 1, "进店当天已脱保5天;新车首年在本店投保;尚无今年报价记录"),
    ]
    sql = """select status, days_left, is_renewed_since from analytics.marts.fct_service_lane order by days_left desc"""
    assert desk_night.rows(sql)[:2] == [("arrived", 56, True), ("no_show", 0, False)]
    sql = """select month::varchar, appointments, due_appointments, arrived_due, quoted_since, renewed_since, still_open
        from analytics.marts.kpi_service_lane_monthly order by 1"""
    assert desk_night.rows(sql) == [("2026-09-01", 1, 1, 1, 0, 1, 0), ("2026-11-01", 2, 1, 0, 0, 0, 0)]
