"""Layouts nobody here designed, written down from their documents: a YAML file is all it takes to read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ingest.batches import Batch, batches
from ingest.spec import BUILT_IN, SourceSpecError, load

HERE = Path(__file__).parent
AS_OF = date(2026, 11, 24)


@dataclass(frozen=True)
class Got:
    batch: Batch
    rows: list[dict[str, Any]]
    """Loaded rows, without columns that are empty throughout and without provenance."""
    held: dict[int, str]


@pytest.fixture
def onboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path, str, bytes], Got]]:
    """Receives one file by one spec, in a home of its own."""

    def receive_one(spec: Path, name: str, content: bytes) -> Got:
        from expectations.reception import receive

        for folder in ("home", "outbox", "sources"):
            (tmp_path / folder).mkdir()
        monkeypatch.setenv("XUBAO_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("XUBAO_SOURCES", str(tmp_path / "sources"))
        source = load(spec)
        place = {"conn_type": "file", "extra": {"path": str(tmp_path / "outbox")}}
        monkeypatch.setenv(f"AIRFLOW_CONN_{source.connection.upper()}", json.dumps(place))
        (tmp_path / "sources" / spec.name).write_bytes(spec.read_bytes())
        (tmp_path / "outbox" / name).write_bytes(content)
        receive(source.name, AS_OF)
        [batch] = batches()
        assert batch.is_accepted, batch.message_en
        assert batch.records == batch.loaded + batch.quarantined + sum(batch.declared.values())
        rows = pq.read_table(tmp_path / "home" / str(batch.raw)).to_pylist()
        used = {name for row in rows for name, value in row.items() if value is not None and not name.startswith("_")}
        held = {}
        if batch.quarantined:
            folder = tmp_path / "home" / "quarantine" / batch.entity / source.name / str(AS_OF)
            table = pq.read_table(folder / f"{batch.sidecar().stem}.parquet")
            held = dict(zip(table["_row"].to_pylist(), table["_rule"].to_pylist(), strict=True))
        return Got(batch, [{name: row[name] for name in row if name in used} for row in rows], held)

    yield receive_one


def test_freeswitchs_default_template_is_read_by_its_columns(onboard: Callable[..., Got]) -> None:
    lines = [
        '"Li","8301","913800138001","default","2026-11-23 09:00:00","2026-11-23 09:00:09","2026-11-23 09:01:39","99","90",'
        '"NORMAL_CLEARING","a1","b1","003","PCMA","PCMA"',
        '"138","13800138002","8302","public","2026-11-23 09:10:00","","2026-11-23 09:10:20","20","0","ORIGINATOR_CANCEL",'
        '"a2","","003","PCMA",""',
        '"x","anonymous","8302","public","2026-11-23 09:20:00","","2026-11-23 09:20:05","5","0","USER_BUSY","a3","","","",""',
        '"x","8301","913800138003","default","2026-11-23 09:30:00","","2026-11-23 09:30:05","5","0","WRONG_CALL_STATE",'
        '"a4","","003","",""',
        '"x","8301","913800138003","default","","","2026-11-23 09:30:05","5","0","NO_ANSWER","a5","","003","",""',
    ]
    got = onboard(HERE / "freeswitch.yaml", "Master_20261123.csv", "".join(f"{line}\n" for line in lines).encode())
    assert got.rows == [
        {"call_id": "a1", "leg_id": "a1", "store_id": "003", "direction": "outbound", "caller_number": "8301",
         "callee_number": "913800138001", "started_at": datetime(2026, 11, 23, 9), "answered_at": datetime(2026, 11, 23, 9, 0, 9),
         "ended_at": datetime(2026, 11, 23, 9, 1, 39), "billable_seconds": 90, "disposition": "answered"},
        {"call_id": "a2", "leg_id": "a2", "store_id": "003", "direction": "inbound", "caller_number": "13800138002",
         "callee_number": "8302", "started_at": datetime(2026, 11, 23, 9, 10), "answered_at": None,
         "ended_at": datetime(2026, 11, 23, 9, 10, 20), "billable_seconds": 0, "disposition": "no_answer"},
        {"call_id": "a3", "leg_id": "a3", "store_id": None, "direction": "inbound", "caller_number": "anonymous",
         "callee_number": "8302", "started_at": datetime(2026, 11, 23, 9, 20), "answered_at": None,
         "ended_at": datetime(2026, 11, 23, 9, 20, 5), "billable_seconds": 0, "disposition": "busy"},
    ]  # fmt: skip
    assert got.held == {4: "disposition:unknown_code", 5: "started_at:missing"}
    assert got.batch.unknown_headers == []


def test_webex_legs_come_from_a_list_in_json_with_moments_in_utc(onboard: Callable[..., Got]) -> None:
    leg = {
        "Start time": "2026-11-23T01:00:00.120Z", "Answer time": "2026-11-23T01:00:09.551Z", "Duration": 90,
        "Calling number": "+8613800138001", "Called number": "8302", "Direction": "TERMINATING", "Call type": "SIP_INBOUND",
        "Release time": "2026-11-23T01:01:39.551Z", "Answered": "true", "Answer indicator": "Yes", "Location": "003",
        "Correlation ID": "8e8e1dc7", "Report ID": "r1", "User type": "User", "Call outcome": "Success",
    }  # fmt: skip
    rung = leg | {"Report ID": "r2", "Answer time": "", "Answered": "false", "Answer indicator": "No", "Duration": 0,
                  "Called number": "8303"}  # fmt: skip
    lines = [
        leg,
        rung,
        leg | {"Report ID": "r3", "Release time": "2026-11-23T00:59:00Z"},
        leg | {"Report ID": None},
        leg,
    ]
    content = json.dumps({"items": lines}).encode()
    got = onboard(HERE / "webex.yaml", "cdr_20261123.json", content)
    expected = {
        "call_id": "8e8e1dc7", "leg_id": "r1", "store_id": "003", "direction": "inbound", "caller_number": "+8613800138001",
        "callee_number": "8302", "started_at": datetime(2026, 11, 23, 9, 0, 0, 120_000),
        "answered_at": datetime(2026, 11, 23, 9, 0, 9, 551_000), "ended_at": datetime(2026, 11, 23, 9, 1, 39, 551_000),
        "billable_seconds": 90, "disposition": "answered",
    }  # fmt: skip
    second = {
        "leg_id": "r2",
        "callee_number": "8303",
        "answered_at": None,
        "billable_seconds": 0,
        "disposition": "no_answer",
    }
    assert got.rows == [expected, expected | second]
    assert got.held == {3: "ended_at:not_after", 4: "leg_id:missing"}
    assert got.batch.declared == {"exact_duplicate": 1}


SPAIN = (
    "ID;Date_start_contract;Date_last_renewal;Date_next_renewal;Date_birth;Date_driving_licence;Distribution_channel;"
    "Seniority;Policies_in_force;Max_policies;Max_products;Lapse;Date_lapse;Payment;Premium;Cost_claims_year;N_claims_year;"
    "N_claims_history;R_Claims_history;Type_risk;Area;Second_driver;Year_matriculation;Power;Cylinder_capacity;"
    "Value_vehicle;N_doors;Type_fuel;Length;Weight"
)


def spanish_line(number: str, last: str, following: str, premium: str, channel: str = "0") -> str:
    head = f"{number};05/11/2015;{last};{following};15/04/1956;20/03/1976;{channel};4;1;2;1;0;"
    return f"{head};0;{premium};0;1;0;0;1;1;0;2004;80;599;7068;0;P;;190"


def test_the_spanish_portfolio_is_read_by_its_thirty_columns(onboard: Callable[..., Got]) -> None:
    assert len(SPAIN.split(";")) == 30
    lines = [
        SPAIN,
        spanish_line("1", "05/11/2017", "05/11/2018", "222.52"),
        spanish_line("1", "05/11/2018", "05/11/2019", "213.78", channel="1"),
        spanish_line("2", "29/02/2016", "01/03/2017", "214.845"),
        spanish_line("3", "31/11/2017", "30/11/2018", "100"),
        spanish_line("4", "05/11/2018", "05/11/2017", "100"),
        spanish_line("5", "05/11/2018", "05/11/2019", "1e3"),
        "6;05/11/2015;05/11/2018",
    ]
    content = "\r\n".join(lines).encode("latin-1")
    got = onboard(HERE / "spain.yaml", "Motor_vehicle_insurance_data_20261123.csv", content)
    common = {
        "insurer_code": "SPAIN", "policy_kind": "commercial", "sales_channel": "agent", "payment_frequency": "annual",
        "region": "1", "claims_last_year": 1,
    }  # fmt: skip
    years = [
        ("1-05/11/2017", "1", date(2017, 11, 5), date(2018, 11, 4), "222.52"),
        ("1-05/11/2018", "1", date(2018, 11, 5), date(2019, 11, 4), "213.78"),
        ("2-29/02/2016", "2", date(2016, 2, 29), date(2017, 2, 28), "214.85"),
    ]
    names = ("policy_number", "vin", "cover_starts_on", "cover_ends_on", "premium_amount")
    expected = [common | dict(zip(names, (*year[:4], Decimal(year[4])), strict=True)) for year in years]
    expected = [row | {"signed_on": row["cover_starts_on"]} for row in expected]
    expected[1]["sales_channel"] = "broker"
    assert got.rows == expected
    assert got.held == {5: "signed_on:not_a_date", 6: "cover_ends_on:not_after", 7: "premium_amount:not_money",
                        8: "row:wrong_number_of_fields"}  # fmt: skip
    assert got.batch.unknown_headers == []


# ---------------------------------------------------------------- Asterisk, whose log has 17 to 21 columns

HEAD = (
    '"003","8301","913800138001","from-internal","""Li"" <8301>","PJSIP/8301-0a","PJSIP/trunk-0b","Dial","PJSIP/trunk,60",'
    '"2026-11-23 09:00:00","2026-11-23 09:00:09","2026-11-23 09:01:39",99,90,"ANSWERED","DOCUMENTATION"'
)
TAILS = {
    17: ('"17.1"', None),
    18: ('"17.1","c18"', ("c18", "17.1")),
    19: ('"","17.9",5', ("17.9", "5")),
    20: ('"17.1","","17.9",5', ("17.9", "17.1/5")),
    21: ('"17.1","note","","17.9",5', ("17.9", "17.1/5")),
}


@pytest.mark.parametrize("width", TAILS)
def test_asterisks_log_is_read_at_every_width(onboard: Callable[..., Got], width: int) -> None:
    tail, ids = TAILS[width]
    got = onboard(BUILT_IN / "phone.yaml", "cdr-20261123.csv", f"{HEAD},{tail}\n".encode())
    if ids is None:  # nothing says which call it belongs to
        assert (got.rows, got.held) == ([], {1: "call_id:missing"})
        return
    assert [(row["call_id"], row["leg_id"]) for row in got.rows] == [ids]
    assert (got.rows[0]["billable_seconds"], got.rows[0]["disposition"]) == (90, "answered")


def test_a_log_whose_columns_were_switched_on_at_noon_keeps_both_halves(onboard: Callable[..., Got]) -> None:
    lines = [
        f'{HEAD},"17.1","c1"',
        f'{HEAD},"17.2","c2"',
        f'{HEAD},"17.4","","","17.3",5',
        f'{HEAD},"17.3","","","17.3",6',
    ]
    lines += [f'{HEAD},"17.8","","17.7",7', HEAD.split(',"ANSWERED"')[0]]  # the last line was cut off
    got = onboard(BUILT_IN / "phone.yaml", "cdr-20261123.csv", "\n".join(lines).encode())
    found = [(row["call_id"], row["leg_id"]) for row in got.rows]
    assert found == [("c1", "17.1"), ("c2", "17.2"), ("17.3", "17.4/5"), ("17.3", "17.3/6"), ("17.7", "17.8/7")]
    assert got.held == {6: "row:wrong_number_of_fields"}


def test_a_width_that_does_not_fit_its_names_is_refused_with_the_place(tmp_path: Path) -> None:
    text = (BUILT_IN / "phone.yaml").read_text(encoding="utf-8").replace("20: [userfield]", "20: [nobody]")
    (tmp_path / "phone.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SourceSpecError, match=r"calls\.read.*without.*20"):
        load(tmp_path / "phone.yaml")
