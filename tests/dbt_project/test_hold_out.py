"""Who is held out from gifts, in the night of the ten vehicles (see group.py)."""

from __future__ import annotations

from pathlib import Path

from tests.dbt_project import group
from tests.dbt_project.small_night import Night, project_copy, run_night


def test_a_share_of_one_holds_everybody_out_and_by_default_nobody(desk_night: Night, tmp_path: Path) -> None:
    """V08 was due in two months that have matured, and was lost in both."""
    drawn = "select hold_out, count(*) from work.intermediate.int_due_vehicle group by all"
    assert desk_night.rows(drawn) == [("none", 11)]
    assert desk_night.rows("select distinct hold_out from work.archive.due_universe") == [("none",)]

    project = project_copy(tmp_path / "project")
    seed = project / "dbt_project" / "seeds" / "offer" / "hold_out.csv"
    seed.write_text(seed.read_text(encoding="utf-8").replace(",gift,0.0000", ",gift,1.0000"), encoding="utf-8")
    night = run_night(tmp_path, group.AS_OF, group.entities(), project=project, select="+kpi_hold_out_uplift")
    assert night.exit_code == 0, night.stderr
    assert night.rows(drawn) == [("gift", 11)]
    sql = """select kind, treated_vehicles, held_out_vehicles, held_out_renewed, difference, is_estimated
        from analytics.marts.kpi_hold_out_uplift where segment = 'out_of_town' and store_id = '001' order by kind"""
    assert night.rows(sql) == [("delay", 0, 0, 0, None, True), ("gift", 0, 2, 0, None, True)]
