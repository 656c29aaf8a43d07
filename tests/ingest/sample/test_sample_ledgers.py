"""Claims, concessions, vouchers and the rest belong to what really happens in the sample group."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

NEW_TABLES = {
    "service_appointment", "gift_issue", "voucher", "entitlement_use", "concession", "complaint", "referral",
    "reward_point", "staff_leave", "training", "consent", "do_not_call", "manager_decision", "help_request", "channel", "channel_spend",
}  # fmt: skip
FEEDS = {
    "picc": ("理赔清单_*.csv", "gb18030", ","), "pingan": ("平安理赔_*.csv", "utf-8-sig", ","),
    "dadi": ("claim_*.txt", "utf-8", "|"),
}  # fmt: skip
CLAIM = ["number", "policy", "vin", "plate", "kind", "accident_kind", "liability", "accident_at", "reported_at",
         "assessed_at", "settled_on", "status", "repair_store", "loss", "paid", "dispute_from", "dispute_to"]  # fmt: skip


@pytest.fixture(scope="module")
def dms(grown) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(grown.states[grown.last] / "dms" / "dms.sqlite")
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def claims(grown) -> pd.DataFrame:
    """All good claims of the three insurers, as they stood last."""
    rows = []
    for source, (pattern, encoding, delimiter) in FEEDS.items():
        for path in sorted((grown.outbox / source).glob(pattern)):
            records = list(csv.reader(io.StringIO(path.read_bytes().decode(encoding)), delimiter=delimiter))
            rows += [(source, path.name, at, *record) for at, record in enumerate(records[1:], start=2)]
    frame = pd.DataFrame(rows, columns=["source", "file", "row", *CLAIM])
    bad = grown.truth("defects").query("entity == 'claim'")
    marked = set(zip(bad["source"], bad["file_name"], bad["row_number"], strict=True))
    good = [key not in marked for key in zip(frame["source"], frame["file"], frame["row"], strict=True)]
    return frame[good].drop_duplicates("number", keep="last")


def texts(path: Path, encoding: str = "utf-8-sig") -> pd.DataFrame:
    return pd.read_csv(path, encoding=encoding, dtype=str, keep_default_na=False)


def test_every_new_table_of_the_dms_has_rows_of_before_as_of(grown, dms: sqlite3.Connection) -> None:
    for name in NEW_TABLES:
        columns = [row[1] for row in dms.execute(f"pragma table_info({name})")]
        assert dms.execute(f"select count(*) from {name}").fetchone()[0] >= (0 if name == "do_not_call" else 3), name
        if "updated_at" in columns:
            [(newest,)] = dms.execute(f"select max(updated_at) from {name}")
            assert newest is None or newest < grown.last.isoformat(), name


def test_an_accident_repair_has_its_claim_before_it(dms: sqlite3.Connection, claims: pd.DataFrame) -> None:
    repaired = claims[claims["repair_store"] != ""]
    assert len(repaired) >= 5 and len(repaired) < len(claims)
    for claim in repaired.itertuples():
        query = "select count(*) from repair_order where vin = ? and order_kind = '事故' and opened_at between ? and ?"
        until = str(pd.Timestamp(claim.accident_at) + timedelta(days=5))
        if until < "2026-11-24":
            assert dms.execute(query, (claim.vin, claim.reported_at, until)).fetchone()[0] >= 1, claim.number
    assert (claims["accident_at"] <= claims["reported_at"]).all()


def test_a_claim_is_made_on_a_policy_that_the_insurer_listed(grown, claims: pd.DataFrame) -> None:
    text = "".join(p.read_bytes().decode("gb18030") for p in (grown.outbox / "picc").glob("保单清单_*.csv"))
    mine = claims[claims["source"] == "picc"]
    assert len(mine) > 5 and all(number in text for number in mine["policy"])


def test_a_concession_is_the_ladders_share_of_a_renewal_signed_here(grown, dms: sqlite3.Connection) -> None:
    bad = set(grown.truth("defects").query("entity == 'concession'")["key"])
    rows = dms.execute("select concession_number, given_rate, given_amount, policy_number, approver from concession")
    rows = [row for row in rows.fetchall() if row[0] not in bad]
    assert {row[1] for row in rows} == {"0.00", "0.08", "0.10", "0.13", "0.14"}
    assert 0.07 < sum(float(row[1]) for row in rows) / len(rows) < 0.11
    assert all((row[2] == 0) == (row[1] == "0.00") for row in rows)
    assert not any(row[4] for row in rows if row[1] in ("0.00", "0.08"))
    assert any(row[4] for row in rows if row[1] == "0.14")


def test_a_voucher_is_used_on_a_later_order_of_its_own_vehicle(dms: sqlite3.Connection) -> None:
    used = dms.execute("""
        select v.issued_on, v.expires_on, r.vin = v.vin, date(r.opened_at) from voucher v
        join repair_order r using (order_number) where v.status = '已使用'
    """).fetchall()
    assert used and all(
        own and issued < day <= expires for issued, expires, own, day in used if "-02-30" not in expires
    )


def test_an_appointment_lies_ahead_until_its_visit(grown) -> None:
    def appointments(day: date) -> dict[str, tuple[str, str]]:
        connection = sqlite3.connect(grown.states[day] / "dms" / "dms.sqlite")
        rows = connection.execute("select appointment_number, status, appointed_at from service_appointment").fetchall()
        connection.close()
        return {number: (status, at) for number, status, at in rows}

    before, after = appointments(min(grown.states)), appointments(grown.last)
    ahead = [number for number, (status, _) in before.items() if status == "已预约"]
    assert ahead and all(before[number][1] >= str(min(grown.states)) for number in ahead)
    assert {after[number][0] for number in ahead} <= {"已预约", "已到店", "未到店", "已取消"}
    assert any(after[number][0] == "已到店" for number in ahead)


def test_nobody_is_called_after_asking_not_to_be(grown, dms: sqlite3.Connection) -> None:
    wishes = dict(dms.execute("select replace(phone, '-', ''), requested_on from do_not_call").fetchall())
    for path in (grown.outbox / "phone").glob("cdr-*.csv"):
        for leg in csv.reader(io.StringIO(path.read_text("utf-8"))):
            if leg[2] in wishes and leg[9][:4] == "2026":
                assert leg[9][:10] <= wishes[leg[2]]


def test_a_request_is_answered_by_its_quotation(grown) -> None:
    files = sorted((grown.outbox / "pingan").glob("平安询价_*.csv"))
    rows = pd.concat([texts(path) for path in files], ignore_index=True)
    quoted = rows[rows["状态"] == "已报价"]
    assert (quoted["报价单号"] != "").all() and {"拒绝", "待报价"} & set(rows["状态"])
    assert (rows.loc[rows["状态"] == "待报价", "处理时间"] == "").all()


def test_the_hotline_records_less_than_it_answers_and_guides_less_than_it_records(grown) -> None:
    rows = pd.concat([texts(path) for path in sorted((grown.outbox / "phone").glob("热线登记_*.csv"))])
    answered, recorded, guided = ((rows[c] != "").sum() for c in ("接听时间", "登记完成时间", "引导时间"))
    assert len(rows) > answered > recorded > guided > 0
    assert (rows.loc[rows["接听时间"] == "", "引导时间"] == "").all()


def test_each_insurer_hands_over_its_rates_once(grown) -> None:
    for source, encoding in (("picc", "utf-8"), ("pingan", "utf-8"), ("dadi", "utf-8")):
        [path] = (grown.outbox / source).glob("手续费标准_*.csv")
        rates = texts(path, encoding)
        assert set(rates["险种"]) == {"商业险", "交强险"} and rates["手续费率"].str.endswith("%").all()


def test_people_answer_their_statement_after_the_month_and_the_manager_signs_what_is_not_disputed(
    dms: sqlite3.Connection,
) -> None:
    columns = "store_id, staff_id, statement_month, manager_id, decision, decided_at"
    rows = pd.read_sql(f"select {columns} from manager_decision where subject = '奖金'", dms)
    ends = pd.to_datetime(rows["statement_month"]) + pd.offsets.MonthBegin()
    assert len(rows) > 20 and (pd.to_datetime(rows["decided_at"]) >= ends).all()
    own = rows[rows["manager_id"] == rows["staff_id"]].set_index(["store_id", "staff_id", "statement_month"])[
        "decision"
    ]
    signed = rows[rows["manager_id"] != rows["staff_id"]].set_index(["store_id", "staff_id", "statement_month"])[
        "decision"
    ]
    assert set(own) == {"确认", "异议"} and set(signed) == {"确认"}
    assert set(own.reindex(signed.index)) == {"确认"}
