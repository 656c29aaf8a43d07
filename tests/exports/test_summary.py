"""The verdict of a night and what a person reads at its end."""

import json
from datetime import date

import pytest

from exports.audit import audit
from exports.outbox import fill_outbox
from exports.publish import publish
from exports.summary import aligned, display_width, summary_text
from exports.verdict import verdict
from ingest.home import write_json

AS_OF = date(2026, 11, 24)


def published(build):
    audit(build)
    return publish(build, rebuild=False)


def test_a_night_with_fresh_sources_is_healthy_and_its_manifest_says_so(home, make_build):
    folder = published(make_build())
    result = verdict(AS_OF)
    assert result == {"as_of": "2026-11-24", "build_id": "b1", "status": "healthy", "reasons": [], "notices": []}
    assert json.loads((folder / "manifest.json").read_text())["verdict"] == result
    assert json.loads((home / "state/verdict/2026-11-24.json").read_text()) == result


def test_from_december_on_a_healthy_night_says_that_next_years_holidays_are_not_known(make_build):
    published(make_build(as_of="2026-12-01"))
    first = date(2026, 12, 1)
    fill_outbox(first)
    result = verdict(first)
    assert result["status"] == "healthy" and len(result["notices"]) == 1
    assert "2027 年节假日" in result["notices"][0] and "statutory days of 2027" in result["notices"][0]
    assert "2027 年节假日" in summary_text(first).splitlines()[1]


def test_an_old_source_a_refused_batch_or_a_failed_delivery_degrades_the_night(make_build):
    published(
        make_build(
            analytics="""
        update marts.kpi_source_status set status = 'refused', message_en = 'Ask 李工',
            degraded_since = date '2026-11-24' where source = 'dms';
        update marts.fct_batch set verdict = 'refused', message_en = 'columns changed' where source = 'picc';
    """
        )
    )
    result = verdict(AS_OF, ["delivery to S1 failed"])
    assert result["status"] == "degraded" and len(result["reasons"]) == 3
    assert "dms/vehicles is refused" in result["reasons"][0] and "李工" in result["reasons"][0]
    assert "保单清单_20261123.csv was refused: columns changed" in result["reasons"][1]


def test_a_night_without_a_published_folder_is_not_published(home):
    result = verdict(AS_OF, ["the audit failed"])
    assert result["status"] == "not_published" and result["reasons"][0] == "the audit failed"
    assert "NOT PUBLISHED" in summary_text(AS_OF) and "the audit failed" in summary_text(AS_OF)


def test_the_summary_says_what_the_night_did(home, make_build):
    published(make_build())
    fill_outbox(AS_OF)
    write_json(home / "state/steps/2026-11-24/build.json", {"step": "build", "seconds": 12.34})
    verdict(AS_OF)
    text = summary_text(AS_OF)
    lines = text.splitlines()
    assert len(lines) <= 60 and "healthy" in lines[0]
    for words in ("picc", "120", "117", "45 / 60 =  75.0 %", "31 / 80 =  38.8 %", "上年度本店投保客户", "赵伟",
                  "8 for 2 people", "build 12.3", "Propensity: model of 2026-11-02, AUC 0.712, Brier 0.1812"):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize(
    ("status", "why"),
    [("too_little_data", "700 of 2,000 matured vehicles renewed; 2,000 are needed, 300 of each kind"),
     ("no_model", "no model yet, see train_propensity")],
)  # fmt: skip
def test_the_summary_says_why_no_model_scores(make_build, status: str, why: str):
    published(make_build(analytics=f"update marts.fct_propensity_basis set status = '{status}', model_as_of = null;"))
    verdict(AS_OF)
    [line] = [line for line in summary_text(AS_OF).splitlines() if line.startswith("Propensity")]
    assert line.startswith("Propensity: the segment's rate of last year (") and why in line


def test_the_summary_stays_within_sixty_lines_for_a_big_group(make_build):
    many = ("insert into restricted.call_list_recipient by name select '001' as store_id, '店' as store_name, 'T' || i as staff_id,"
            " '某' as staff_name, 'renewal_specialist' as role, 'L' || i as list_id, date '2026-11-24' as list_for_on,"
            " 5 as rows, 9 as call_from_hour, 21 as call_until_hour from range(3000) as t (i);")  # fmt: skip
    published(make_build(restricted=many))
    verdict(AS_OF)
    text = summary_text(AS_OF)
    assert len(text.splitlines()) <= 60 and "more people" in text and "Seconds per step" in text


def test_many_sources_take_a_line_each_and_leave_room_for_the_rest(home, make_build):
    def rows(source: str, status: str, count: int) -> str:
        return (f"insert into marts.kpi_source_status by name select '{source}' as source, 'kind' || i as extract,"
                f" '{status}' as status, 1 as age_days from range({count}) as t (i);")  # fmt: skip

    published(make_build(analytics=rows("dms", "fresh", 30) + rows("ccic", "stale", 30)))
    fill_outbox(AS_OF)
    write_json(home / "state/steps/2026-11-24/build.json", {"step": "build", "seconds": 12.34})
    verdict(AS_OF)
    text = summary_text(AS_OF)
    lines = text.splitlines()
    assert len(lines) <= 60 and "8 for 2 people" in text and "build 12.3" in text
    assert "ccic/kind0" in text and "and 19 more, see kpi_source_status" in text and "kind29" not in text


def test_columns_line_up_with_chinese_text():
    lines = aligned(("a", "b"), [("续保", "1"), ("xy", "1,000")], "<>")
    assert len({display_width(line) for line in lines}) == 1


def test_too_many_keys_that_name_nothing_degrade_the_night_with_the_message(home, make_build):
    above = (
        "update marts.kpi_data_quality_reference_daily set is_above_limit = true, message_en = 'DMS vehicle.store_id';"
    )
    published(make_build(analytics=above))
    result = verdict(AS_OF)
    assert result["status"] == "degraded" and result["reasons"] == ["DMS vehicle.store_id"]
