"""Published folders are whole, repeatable, and `current` moves only forward."""

import csv
import html
import json
import re
import stat

import duckdb
import pytest

from exports.audit import audit
from exports.dictionary import declared_models
from exports.metrics import metrics
from exports.publish import PublishedBytesDifferError, publish


def published(build, rebuild=False):
    audit(build)
    return publish(build, rebuild)


def test_a_published_folder_holds_what_it_promises(home, make_build):
    folder = published(make_build())
    assert folder == home / "published" / "2026-11-24-b1"
    assert (home / "published" / "current").resolve() == folder
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["as_of"] == "2026-11-24" and manifest["build_id"] == "b1" and manifest["audit"] == "passed"
    assert manifest["rows"]["fct_due_vehicle"] == 100 and len(manifest["checks"]) == 6
    assert [source["source"] for source in manifest["sources"]] == ["dms", "picc"]
    paths = {item["path"]: item for item in manifest["files"]}
    assert paths["parquet/fct_due_vehicle.parquet"]["rows"] == 100
    assert paths["extracts/kpi_renewal_rate_monthly.csv"]["rows"] == 3
    assert {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()} == {*paths, "manifest.json"}
    assert stat.S_IMODE((folder / "restricted.duckdb").stat().st_mode) == 0o600
    assert not list((home / "published").glob(".tmp-*"))


def test_extracts_open_in_a_spreadsheet_and_come_with_a_dictionary(make_build):
    folder = published(make_build()) / "extracts"
    data = (folder / "kpi_renewal_rate_monthly.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfstore_id,segment,expiry_month,")
    assert data.count(b"\n") == 4 and b"001,insured_here_last_year,2026-09-01,60,45" in data
    rows = list(csv.DictReader((folder / "dictionary.csv").open(encoding="utf-8-sig")))
    due = next(row for row in rows if (row["table"], row["column"]) == ("kpi_renewal_rate_monthly", "due_vehicles"))
    assert due == {"table": "kpi_renewal_rate_monthly", "column": "due_vehicles", "type": "BIGINT",
                   "zh": "应续辆数", "en": "Due vehicles", "label": ""}  # fmt: skip
    assert next(row for row in rows if row["column"] == "owner")["zh"]
    assert next(row for row in rows if row["column"] == "segment")["label"] == "segment"


def test_every_metric_goes_out_once_with_its_definition_in_both_languages(make_build):
    folder = published(make_build())
    rows = list(csv.DictReader((folder / "extracts" / "metrics.csv").open(encoding="utf-8-sig")))
    rate = next(metric for metric in metrics() if metric.name == "renewal_rate")
    assert len({row["metric"] for row in rows}) == len(rows) == len(metrics())
    assert next(row for row in rows if row["metric"] == "renewal_rate") == {
        "metric": "renewal_rate", "zh": "当期续保率", "en": "Current renewal rate",
        "formula_zh": "本店续保辆数 ÷ 应续辆数,按到期月",
        "formula_en": "vehicles renewed here ÷ due vehicles, by expiry month",
        "unit_zh": "比率(0 至 1)", "unit_en": "share, 0 to 1", "better": "higher",
        "mart": "kpi_renewal_rate_monthly", "numerator": "renewed_here", "denominator": "due_vehicles",
        "column": "renewal_rate", "grain": "store_id × segment × expiry_month", "grain_zh": "门店 × 客户类别 × 到期月",
        "source": "L161-172", "also_in": " ".join(rate.also_in),
    }  # fmt: skip


def test_the_page_of_metrics_names_every_mart_and_loads_nothing(make_build):
    page = (published(make_build()) / "docs" / "metrics.html").read_text(encoding="utf-8")
    marts = {name for name, model in declared_models().items() if model["room"] in ("marts", "restricted")}
    assert set(re.findall(r'<h3 id="(\w+)"', page)) == marts
    assert all(metric.zh in page and metric.formula_en.split(",")[0] in html.unescape(page) for metric in metrics())
    links = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert (
        all(re.match(r"#|dbt/index\.html#|\.\./extracts/kpi_\w+\.csv$", link) for link in links)
        and "<script" not in page
    )
    anchors = {link[1:] for link in links if link.startswith("#")}
    assert anchors <= marts


def test_rows_in_another_physical_order_give_the_same_bytes(home, make_build, tmp_path):
    shuffled = (
        "create or replace table marts.fct_due_vehicle as select * from marts.fct_due_vehicle order by hash(vehicle_key);"
        "create or replace table marts.kpi_renewal_rate_monthly as from marts.kpi_renewal_rate_monthly order by due_vehicles;"
    )
    first = published(make_build("b1"))
    second = published(make_build("b2", analytics=shuffled))
    for part in ("parquet", "extracts"):
        for file in (first / part).iterdir():
            assert file.read_bytes() == (second / part / file.name).read_bytes(), file.name


def test_threads_do_not_change_parquet_bytes(tmp_path):
    """A table of several row groups, written by one thread and by four."""
    from exports.publish import PARQUET

    made = []
    for threads in (1, 4):
        file = tmp_path / f"{threads}.parquet"
        with duckdb.connect(config={"threads": threads}) as connection:
            query = "select hash(i) % 1000 as a, md5(i::varchar) as b, i / 7 as c from range(400000) as t (i)"
            connection.execute(f"copy (select * from ({query}) order by all) to '{file}' ({PARQUET})")
        made.append(file.read_bytes())
    assert made[0] == made[1]


def test_publishing_again_keeps_the_folder_and_other_bytes_raise_an_alarm(home, make_build):
    build = make_build()
    folder = published(build)
    inode = folder.stat().st_ino
    assert publish(build, rebuild=False) == folder and folder.stat().st_ino == inode
    with duckdb.connect(build / "analytics.duckdb") as connection:
        connection.execute("update marts.kpi_renewal_rate_monthly set lost = 11 where lost = 10")
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(PublishedBytesDifferError, match=r"extracts/kpi_renewal_rate_monthly\.csv"):
        publish(build, rebuild=False)
    with pytest.raises(PublishedBytesDifferError):
        publish(build, rebuild=True)
    assert (folder / "manifest.json").read_bytes() == before


def test_a_killed_publish_leaves_nothing_behind_and_the_next_one_is_whole(home, make_build, monkeypatch):
    build = make_build()
    audit(build)
    monkeypatch.setattr("exports.publish.os.rename", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        publish(build, rebuild=False)
    root = home / "published"
    assert not (root / "current").exists() and not (root / "2026-11-24-b1").exists()
    assert list(root.glob(".tmp-*"))
    monkeypatch.undo()
    monkeypatch.setenv("XUBAO_HOME", str(home))
    (root / ".tmp-current").symlink_to("nowhere")
    folder = publish(build, rebuild=False)
    assert (folder / "manifest.json").exists() and not list(root.glob(".tmp-*"))
    assert (root / "current").resolve() == folder


def test_current_moves_only_forward_and_never_for_a_rebuild(home, make_build):
    current = home / "published" / "current"
    newer = published(make_build("b2", "2026-11-25"))
    published(make_build("b1", "2026-11-24"))
    assert current.resolve() == newer
    rebuilt = published(make_build("b3", "2026-11-26"), rebuild=True)
    assert rebuilt == home / "rebuilt" / "2026-11-26-b3" and current.resolve() == newer
    again = published(make_build("b4", "2026-11-25"))
    assert current.resolve() == again and json.loads((again / "manifest.json").read_text())["revision"] == 2
