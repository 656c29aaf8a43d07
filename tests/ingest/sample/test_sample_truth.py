"""The truth is true: a careful reader of the files alone finds the same bad rows and the same outcomes."""

from __future__ import annotations

import csv
import io
import itertools
import re
import sqlite3
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from ingest.sample.truth import DMS_KEYS

VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
PHONE = re.compile(r"1[3-9]\d{9}|0\d{9,11}")
KINDS = {"商业险": "commercial", "交强险": "compulsory", "BI": "commercial", "CI": "compulsory"}
BUSINESS = {"新保", "首次投保", "续保", "转保", "N", "F", "R", "T"}
PICC = ("保单号,批单号,批改类型,险种,业务类型,出单网点,车架号,车牌号,被保险人,联系电话,签单日期,起保日期,终保日期,"
        "签单保费,车船税,手续费率,承保险别,上年出险次数,上年保单号")  # fmt: skip
PINGAN = ("保单号码,批单号码,批改类别,险类,新续保标志,网点代码,车架号/VIN码,号牌号码,投保人名称,手机号码,签单时间,保险起期,"
          "保险止期,保费合计,代缴车船税,佣金比例,险别明细,历史出险")  # fmt: skip
DADI = ("POLICY_NO|ENDOR_NO|ENDOR_TYPE|RISK_TYPE|BIZ_TYPE|BRANCH|VIN|PLATE|INSURED|MOBILE|SIGN_DATE|START_DATE|"
        "END_DATE|PREMIUM|TAX|COMM_RATE|COVERS")  # fmt: skip
DADI_OLD = "PolicyNo|Risk|Branch|VIN|Plate|Insured|SignDate|StartDate|EndDate|Premium"
NAMES = ["number", "endorsement", "change", "kind", "business", "store", "vin", "plate", "name", "phone",
         "signed", "start", "end", "premium"]  # fmt: skip
CANONICAL = {"number": "policy_number", "kind": "policy_kind", "signed": "signed_on", "start": "cover_starts_on",
             "end": "cover_ends_on"}  # fmt: skip


def a_day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date() if text.isdigit() else date.fromisoformat(text)
    except ValueError:
        return None


def read_policies(outbox: Path) -> pd.DataFrame:
    """All policy rows of the three insurers as text, with source, file and physical record number."""
    rows = []
    for path in sorted((outbox / "picc").glob("保单清单_*.csv")):
        records = list(csv.reader(io.StringIO(path.read_bytes().decode("gb18030"))))
        assert ",".join(records[0]) == PICC and records[-1][0] == "合计"
        assert sum(round(float(r[13]) * 100) for r in records[1:-1]) == round(float(records[-1][13]) * 100)
        rows += [("picc", path.name, n, *r[:14], *r[14:]) for n, r in enumerate(records[1:-1], start=2)]
    for path in sorted((outbox / "pingan").glob("*.xlsx")):
        sheet = list(load_workbook(path, read_only=True)["保单"].iter_rows(values_only=True))
        assert sheet[0][0] == "中国平安财产保险股份有限公司 车险清单" and ",".join(sheet[1]) == PINGAN
        for n, record in enumerate(sheet[2:], start=3):
            texts = [v.strftime("%Y-%m-%d") if isinstance(v, datetime) else "" if v is None else str(v) for v in record]
            rows.append(("pingan", path.name, n, *texts, ""))
    for path in sorted((outbox / "dadi").glob("policy_*.txt")):
        if not path.with_name(path.name + ".ok").exists():
            continue
        header, *lines = path.read_text("utf-8").splitlines()
        assert header in (DADI, DADI_OLD)
        for n, line in enumerate(lines, start=2):
            r = line.split("|")
            r = r if header == DADI else [r[0], "", "", r[1], "", r[2], r[3], r[4], r[5], "", *r[6:]]
            rows.append(("dadi", path.name, n, *(r + [""] * 5)[:19]))
    frame = pd.DataFrame(rows, columns=["source", "file", "row", *NAMES, "tax", "rate", "covers", "claims", "previous"])
    return frame.assign(**{c: frame[c].map(a_day) for c in ()})


def rule_of(row: object) -> str:
    """The first rule a policy row breaks, in the order of the canonical columns; '' for a good one."""
    if not row.number:
        return "policy_number:missing"
    if row.kind not in KINDS:
        return "policy_kind:unknown_code"
    if row.business and row.business not in BUSINESS:
        return "business:unknown_code"
    if not row.vin:
        return "vin:missing"
    if not VIN.fullmatch(row.vin):
        return "vin:not_a_vin"
    if row.phone and not PHONE.fullmatch(row.phone.replace("-", "")):
        return "insured_phone:not_a_phone"
    for column in ("signed", "start", "end"):
        if a_day(getattr(row, column)) is None:
            return f"{CANONICAL[column]}:not_a_date"
    return "cover_ends_on:not_after" if a_day(row.end) < a_day(row.start) else ""


def judged(policies: pd.DataFrame) -> pd.DataFrame:
    """Policies with the rule each row breaks, copies and superseded rows included."""
    rules = policies.assign(rule=[rule_of(row) for row in policies.itertuples()])
    content = [c for c in policies.columns if c != "row"]
    again = rules.duplicated(content)
    rules.loc[again, "rule"] = "exact_duplicate"
    good = rules[rules["rule"] == ""]
    earlier = good.duplicated(["source", "file", "number", "kind", "endorsement"], keep="last")
    rules.loc[earlier[earlier].index, "rule"] = "key:superseded_in_file"
    return rules


@pytest.fixture(scope="module")
def policies(grown) -> pd.DataFrame:
    return judged(read_policies(grown.states[grown.last]))


def test_a_reader_finds_exactly_the_injected_bad_policy_rows(grown, policies):
    bad = policies[policies["rule"] != ""]
    found = set(zip(bad["source"], bad["file"], bad["row"], bad["rule"], strict=True))
    truth = grown.truth("defects").query("entity == 'policy'")
    told = set(zip(truth["source"], truth["file_name"], truth["row_number"], truth["expected_rule"], strict=True))
    assert found == {(s, f, r, rule.replace("business_type", "business")) for s, f, r, rule in told}
    assert truth["defect"].nunique() >= 6


def test_every_bad_call_and_quote_stands_at_its_record(grown):
    truth = grown.truth("defects")
    for bad in truth[truth["entity"] == "call"].itertuples():
        legs = list(csv.reader((grown.outbox / "phone" / bad.file_name).read_text("utf-8").splitlines()))
        leg = legs[bad.row_number - 1]
        assert len(leg) == 18
        broken = {
            "started_at:not_a_timestamp": lambda r: a_day(r[9][:10]) is None,
            "exact_duplicate": lambda r, legs=legs, n=bad.row_number: r == legs[n - 2],
            "leg_id:missing": lambda r: r[16] == "", "call_id:missing": lambda r: r[17] == "",
            "disposition:unknown_code": lambda r: r[14] not in ("ANSWERED", "NO ANSWER", "BUSY", "FAILED"),
            "ended_at:not_after": lambda r: r[11] < r[9],
            "key:superseded_in_file": lambda r, legs=legs, n=bad.row_number: r[16:] == legs[n][16:] and r != legs[n],
        }  # fmt: skip
        assert broken[bad.expected_rule](leg), bad
    for bad in truth[truth["entity"] == "quote"].itertuples():
        sheet = load_workbook(grown.outbox / "pingan" / bad.file_name, read_only=True)["报价"]
        rows = list(sheet.iter_rows(values_only=True))
        quote, before = rows[bad.row_number - 1], rows[bad.row_number - 2]
        broken = {
            "requested_at:not_a_timestamp": isinstance(quote[3], str), "exact_duplicate": quote == before,
            "quoted_at:not_a_timestamp": isinstance(quote[4], str), "quote_number:missing": quote[0] is None,
            "vin:missing": quote[2] is None, "vin:not_a_vin": not VIN.fullmatch(quote[2] or ""),
            "quoted_at:not_after": quote[3] > quote[4] if type(quote[3]) is type(quote[4]) else False,
            "key:superseded_in_file": bad.row_number < len(rows) and quote[0] == rows[bad.row_number][0],
        }  # fmt: skip
        assert broken[bad.expected_rule], bad


def test_bad_dms_rows_are_there_by_their_keys(grown):
    truth = grown.truth("defects").query("source == 'dms'")
    assert truth["row_number"].isna().all() and len(truth) > 20
    connection = sqlite3.connect(grown.outbox / "dms" / "dms.sqlite")
    for bad in truth.itertuples():
        key = " || '|' || ".join(f"coalesce({name}, '')" for name in DMS_KEYS[bad.entity])
        query = f"select * from {bad.entity} where {key} = ?"
        rows = connection.execute(query, (bad.key,)).fetchall()
        assert len(rows) >= (2 if bad.defect == "exact_duplicate" else 1), bad
    connection.close()


def reader_outcomes(grown, policies: pd.DataFrame, as_of: date) -> dict[tuple[str, date], tuple[str, str]]:
    """(vin, expiry month) -> (home store, outcome) by DOMAIN §2, from the good rows alone."""
    good = policies[policies["rule"].isin(["", "exact_duplicate"])]
    connection = sqlite3.connect(grown.states[as_of] / "dms" / "dms.sqlite")
    stores = dict(connection.execute("select vin, store_id from repair_order"))  # each vehicle is served at one store
    stores |= dict(connection.execute("select vin, store_id from vehicle_sale"))
    told = connection.execute("select vin, expires_on, report_number from customer_known_policy").fetchall()
    connection.close()
    cancelled = set(good.loc[good["change"].isin(["退保", "X"]), "number"])
    covers: dict[str, list[tuple[date, date, str, str, bool]]] = {}
    for row in good[good["endorsement"] == ""].drop_duplicates(["source", "number", "kind"]).itertuples():
        item = (a_day(row.start), a_day(row.end), KINDS[row.kind], row.store, row.number in cancelled)
        covers.setdefault(row.vin, []).append(item)
    for vin, expires, report in told:
        if VIN.fullmatch(vin) and (end := a_day(expires)) and report:
            covers.setdefault(vin, []).append((end - timedelta(days=364), end, "told", "", False))
    out = {}
    for vin, items in covers.items():
        for _, end, kind, store, _ in items:
            mates = [i for i in items if i[2] == "commercial" and abs((i[1] - end).days) <= 40]
            if kind == "compulsory" and mates:
                continue  # the commercial policy governs
            home = store or stores.get(vin, "")
            low, high = end - timedelta(days=90), end + timedelta(days=30)
            new = [i for i in items if low <= i[0] <= high and not i[4]]
            here = any(i[3] == home and i[2] != "told" for i in new)
            outcome = "renewed_here" if here else "renewed_elsewhere" if new else "lost" if as_of > high else "open"
            out[vin, end.replace(day=1)] = (home, outcome)
    return out


def test_a_reader_of_the_good_rows_comes_to_every_revealed_outcome(grown, policies):
    outcomes = grown.truth("outcomes")
    revealed = outcomes[outcomes["revealed_on"].notna()]
    read = reader_outcomes(grown, policies, grown.last)
    wrong = [
        row for row in revealed.itertuples() if read.get((row.vin, row.expiry_month)) != (row.store_id, row.outcome)
    ]
    assert wrong == []
    assert set(revealed["outcome"]) == {"renewed_here", "renewed_elsewhere", "lost"}


def test_nearly_all_matured_vehicles_are_revealed_and_rates_are_believable(grown):
    outcomes = grown.truth("outcomes")
    matured = outcomes[outcomes["expiry_month"] < date(2026, 10, 1)]
    assert matured["revealed_on"].notna().mean() > 0.95  # a few hundred vehicles; the full sample has more than 0.97
    here = matured.groupby("was_here")["outcome"].apply(lambda o: (o == "renewed_here").mean())
    assert 0.55 < here[True] < 0.78 and here[False] < 0.40
    lost = (matured["outcome"] == "lost").mean()
    assert 0.01 < lost < 0.12


def test_what_was_revealed_stays_revealed_on_later_nights(grown):
    nights = sorted(grown.truths)
    key = ["store_id", "vin", "expiry_month"]
    for today, tomorrow in itertools.pairwise(nights):
        before = grown.truth("outcomes", today).dropna(subset="revealed_on")
        assert (before["revealed_on"] <= today).all()
        both = before.merge(grown.truth("outcomes", tomorrow), on=key, suffixes=("", "_then"))
        kept = both[both["outcome"] == both["outcome_then"]]
        assert (kept["revealed_on"] == kept["revealed_on_then"]).all()


def test_the_personal_values_hold_everything_the_files_name(grown, policies):
    values = grown.truth("people_values").groupby("kind")["value"].agg(set)
    assert set(policies["vin"]) - {""} <= values["vin"]
    assert set(policies["name"]) - {""} <= values["customer_name"]
    assert set(policies["phone"]) - {""} <= values["phone"]
    assert set(policies["plate"]) - {""} <= values["plate"]
    connection = sqlite3.connect(grown.outbox / "dms" / "dms.sqlite")
    assert {r[0] for r in connection.execute("select id_number from customer")} <= values["id_number"]
    staff = {r[0] for r in connection.execute("select staff_name from staff")}
    connection.close()
    assert not staff & values["customer_name"]
