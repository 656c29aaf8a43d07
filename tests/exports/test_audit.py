"""A build that is broken in any way is not published, and the message says why without quoting a value."""

import json

import pytest

from exports.audit import AuditFailedError, audit
from exports.privacy import personal_values, scan_analytics
from exports.publish import BuildNotAuditedError, publish


def failed_checks(build):
    with pytest.raises(AuditFailedError) as caught:
        audit(build)
    checks = json.loads((build / "audit.json").read_text())["checks"]
    return [check["name"] for check in checks if not check["ok"]], str(caught.value)


def test_a_sound_build_passes_and_the_result_lies_beside_it(make_build):
    build = make_build()
    result = audit(build)
    assert result["ok"] and len(result["checks"]) == 6
    assert json.loads((build / "audit.json").read_text()) == result


def test_a_failed_dbt_test_stops_the_publish(make_build):
    build = make_build()
    (build / "run_results.json").write_text(json.dumps({"nodes": [{"name": "bridge_closes", "status": "fail"}]}))
    names, message = failed_checks(build)
    assert names == ["dbt_tests_passed"] and "bridge_closes" in message
    with pytest.raises(BuildNotAuditedError):
        publish(build, rebuild=False)


@pytest.mark.parametrize(
    ("sql", "check"),
    [
        ("update marts.fct_renewal_bridge set residual_vehicles = 1;", "bridge_residual_is_zero"),
        ("update marts.fct_renewal_bridge set residual_vehicles = null;", "bridge_residual_is_zero"),
        (
            "insert into marts.fct_suppressed_vehicle select * from marts.fct_call_list;",
            "suppressed_vehicles_are_not_listed",
        ),
        ("create view marts.v as select 1 as one;", "files_open_read_only"),
        ("drop table marts.fct_renewal_bridge;", "bridge_residual_is_zero"),
    ],
)
def test_what_is_wrong_in_the_marts_is_found(make_build, sql, check):
    assert failed_checks(make_build(analytics=sql))[0] == [check]


def test_a_planted_personal_value_in_a_comment_column_stops_the_publish(make_build):
    build = make_build(analytics="update marts.fct_due_vehicle set comment = '13912345678' where comment = 'note 7';")
    names, message = failed_checks(build)
    assert names == ["no_personal_data_in_analytics"]
    assert "fct_due_vehicle" in message and "comment" in message and "13912345678" not in message


def test_personal_values_are_found_in_whatever_way_they_are_written(make_build):
    texts = ["客户139-1234-5678说再想想", "tel13912345678", "lsvaa4182e2123456", "车牌陕A·12345", "陕AD12345",
             "610103198001011234", "王小明", "13700000000", "LHGCM56767A012345", "１３９１２３４５６７８"]  # fmt: skip
    planted = "".join(f"create table marts.t{i} as select '{text}' as comment;" for i, text in enumerate(texts))
    build = make_build(analytics=planted)
    findings = scan_analytics(build / "analytics.duckdb", personal_values(build))
    assert {finding.place for finding in findings} == {f"analytics.duckdb:marts.t{i}" for i in range(len(texts))}
    assert not [text for text in texts if text in str(findings)]


def test_a_phone_in_a_money_column_is_found(make_build):
    build = make_build(analytics="alter table marts.dim_store add column amount decimal(18, 2);"
                                 "update marts.dim_store set amount = 13912345678;")  # fmt: skip
    assert failed_checks(build)[0] == ["no_personal_data_in_analytics"]


def test_a_member_of_staff_may_share_a_customers_name(make_build):
    assert audit(make_build(analytics="update marts.fct_due_vehicle set comment = '赵伟';"))["ok"]


def test_a_jump_in_rows_against_the_last_published_night_stops_the_publish(make_build):
    first = make_build("b1", "2026-11-23")
    audit(first)
    publish(first, rebuild=False)
    fewer = "delete from marts.fct_due_vehicle where comment > 'note 5';"
    names, message = failed_checks(make_build("b2", "2026-11-24", analytics=fewer))
    assert names == ["row_counts_near_last_night"] and "fct_due_vehicle 100 -> " in message
    assert audit(make_build("b3", "2026-11-22", analytics=fewer))["ok"], "nothing earlier to compare with"
