"""dbt's documentation is one page that loads nothing and shows neither made-up rows nor this machine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dbt_project.docs import inline
from tests.dbt_project.small_night import ROOT, prepare


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page after a build of one table."""
    folder = tmp_path_factory.mktemp("docs")
    build, environment = prepare(folder, "2026-11-24")
    command = [sys.executable, "-m", "dbt_project.build", "--build", str(build), "--select", "+dim_store"]
    done = subprocess.run([*command, "--docs"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = (build / "docs" / "dbt" / "index.html").read_text(encoding="utf-8")
    assert str(folder) not in text
    return text


def data(page: str, what: str) -> dict[str, Any]:
    """The manifest or the catalog that stands in the page."""
    return json.JSONDecoder().raw_decode(page, re.search(rf'\b{what}:(?={{"metadata")', page).end())[0]


def test_the_page_may_load_nothing_and_knows_no_tracker(page: str) -> None:
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', page)
    assert policy and policy.start() < page.index("<script")
    allowed = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert allowed.pop("default-src") == "'none'"
    assert not re.search(r"https?:|\*|'self'|//", " ".join(allowed.values()))
    assert not re.search(r"cloudfront|sinter-collect|fuzzed\.", page)
    assert data(page, "manifest")["metadata"]["send_anonymous_usage_stats"] is False
    assert not re.search(r"""<(?:script|link|img|iframe)[^>]*\b(?:src|href)=["']?(?:https?:)?//""", page)


def test_an_analyst_reads_chinese_names_metrics_and_tested_cases(page: str) -> None:
    nodes = data(page, "manifest")["nodes"]
    rate = nodes["model.xubao.kpi_renewal_rate_monthly"]
    assert rate["description"].startswith("**月度续保率**\n\nExactly one row per store")
    assert "- 当期续保率 Current renewal rate (`renewal_rate`): 本店续保辆数 ÷ 应续辆数" in rate["description"]
    assert "- a target is rounded up to whole vehicles" in rate["description"]
    assert rate["columns"]["renewal_rate"]["description"].startswith("续保率 · renewed_here / due_vehicles")
    quality = nodes["model.xubao.kpi_quality_customer_monthly"]
    assert "(`renewal_rate`)" in quality["description"], "a metric that is defined elsewhere is shown too"
    marts = [node for node in nodes.values() if node.get("schema") in ("marts", "restricted")]
    assert len(marts) > 80
    for node in marts:
        assert node["description"].startswith("**")
        assert all(" · " in column["description"] for column in node["columns"].values()), node["name"]


def test_the_page_shows_the_columns_that_were_built(page: str) -> None:
    catalog = data(page, "catalog")["nodes"]
    assert catalog["model.xubao.dim_store"]["columns"]["store_id"]["type"] == "VARCHAR"
    assert "model.xubao.fct_due_vehicle" not in catalog, "it was not built"


def test_the_page_holds_no_rows_of_tests_and_no_path_of_the_machine(page: str) -> None:
    manifest = data(page, "manifest")
    assert manifest["unit_tests"] == {}
    assert {node["resource_type"] for node in manifest["nodes"].values()} == {"model", "seed"}
    assert str(ROOT) not in page and str(Path(sys.prefix)) not in page and "root_path" not in json.dumps(manifest)
    kept = manifest["nodes"].keys() | manifest["macros"].keys() | manifest["exposures"].keys()
    for name in ("parent_map", "child_map"):
        assert manifest[name].keys() | {other for others in manifest[name].values() for other in others} <= kept


def test_text_that_ends_a_script_cannot_end_the_pages_script() -> None:
    assert "</" not in inline({"description": "</script><script>"})
    assert json.loads(inline({"description": "</script>"})) == {"description": "</script>"}
