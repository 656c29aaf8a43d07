"""What the staff did with yesterday's lists, told by the truth of the simulated world: calls, and lists handed back."""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd

from ingest.sample import days, emit_phone, files

NEVER_RETURNS = ("002", 1)  # store and desk of the specialist who never hands a list back
RESULTS = {  # result -> chance among calls that did not end in a policy
    "未接通": 0.36,
    "已报价考虑中": 0.22,
    "待联系": 0.15,
    "预约": 0.08,
    "拒绝本次续保": 0.09,
    "战败": 0.06,
    "空号/错号": 0.025,
    "要求不再来电": 0.015,
}
LOSS_REASONS = {
    "无引导或引导不及时": 0.30,
    "保费太贵": 0.22,
    "竞争对手更便宜": 0.14,
    "电销低价": 0.09,
    "亲友做保险": 0.07,
    "银行/按揭渠道": 0.03,
    "联系不上": 0.04,
    "车辆已不在(未核实)": 0.02,
    "对服务不满": 0.03,
    "险种或保险公司不合适": 0.02,
    "礼品不满意": 0.02,
    "人在外地": 0.01,
    "其他": 0.01,
}
UNANSWERED = 0.07  # lines nobody got round to
NOT_REACHED = ("未接通", "空号/错号")
SIGNED_LATELY_DAYS = 100  # an older signing is the policy that now expires
RIVALS = ("人保电销", "平安电销", "太平洋", "亲友代办", "众诚", "阳光")


def return_lists(home: Path, as_of: date) -> list[Path]:
    """Works off the call lists of the newest night before `as_of`: the calls go into that day's phone log, the filled-in
    lists into sample/outbox/returned/.

    What was done before stays as it is; one person calls, but never hands a list back. Gives the files written.
    """
    root, home = Path(home) / "sample", Path(home)
    nights = sorted(f.name for f in (home / "outbox").glob("????-??-??") if f.is_dir() and f.name < as_of.isoformat())
    if not nights or not (root / "sample.json").exists():
        return []
    seed = json.loads((root / "sample.json").read_text("utf-8"))["seed"]
    sent, now = date.fromisoformat(nights[-1]), days.day(as_of)
    log = root / "outbox" / "phone" / f"cdr-{sent:%Y%m%d}.csv"
    logged = log.read_bytes() if log.exists() else b""
    silent, signed, staff = silent_person(root, now), signings(root, now), desks(root, days.day(sent))
    written, called = [], []
    for path in sorted((home / "outbox" / nights[-1]).glob("*/call_list_*.xlsx")):
        target = root / "outbox" / "returned" / path.name
        is_silent, is_logged = path.parent.name == silent, f'"{path.stem}.'.encode() in logged
        if (is_silent or target.exists()) and (is_logged or not logged):
            continue
        content, results = fill_in(path, signed, seed, sent)
        if not is_logged and path.parent.name in staff:
            called += phone_calls(path.stem, results, *staff[path.parent.name], sent)
        if not is_silent and not target.exists():
            files.write_bytes(target, content)
            written.append(target)
    if logged and called:
        files.write_bytes(log, logged + emit_phone.cdr_csv(pd.DataFrame(called)))
    return written


def phone_calls(
    list_name: str, results: list[tuple[str, str]], store: str, extension: str, on: date
) -> list[dict[str, object]]:
    """The legs of a day's calls, from nine o'clock on; `results` are (number, result) in the list's order."""
    legs = []
    for number, (phone, result) in enumerate(results):
        talk = 0 if result in NOT_REACHED else 30 + zlib.crc32(f"{list_name}.{number}".encode()) % 240
        ring = 12
        start = days.day(on) * 86400 + 9 * 3600 + number * (10 * 3600 // len(results))
        at = days.time_text(np.array([start, start + ring, start + ring + talk]))
        legs.append(
            {
                "store_id": store,
                "caller_number": extension,
                "callee_number": phone,
                "direction": "from-internal",
                "started_at": at[0],
                "answered_at": at[1] if talk else "",
                "ended_at": at[2],
                "duration": ring + talk,
                "billable_seconds": talk,
                "disposition": "ANSWERED" if talk else "FAILED" if result == "空号/错号" else "NO ANSWER",
                "leg_id": f"{list_name}.{number}",
                "call_id": f"{list_name}.{number}",
            }
        )
    return legs


def desks(root: Path, on: int) -> dict[str, tuple[str, str]]:
    """staff_id -> store and extension on a day."""
    staff = pd.read_parquet(root / "world" / "staff.parquet")
    held = staff[(staff["valid_from"] <= on) & (staff["valid_to"] >= on)]
    return {row.staff_id: (row.store_id, row.extension) for row in held.itertuples()}


def silent_person(root: Path, now: int) -> str:
    """staff_id of the specialist who never returns a list."""
    staff = pd.read_parquet(root / "world" / "staff.parquet")
    desk = staff[
        (staff["store_id"] == NEVER_RETURNS[0]) & (staff["slot"] == NEVER_RETURNS[1]) & (staff["role"] == "续保专员")
    ]
    held = desk[(desk["valid_from"] <= now) & (desk["valid_to"] >= now)]
    return held["staff_id"].iloc[0] if len(held) else ""


def signings(root: Path, now: int) -> dict[str, int]:
    """Plate or phone -> last day on which a year of cover was signed before `now` at a store of the group."""
    covers = pd.read_parquet(
        root / "world" / "covers.parquet", columns=["vehicle", "signed_on", "issuer", "cancelled_on"]
    )
    vehicles = pd.read_parquet(root / "world" / "vehicles.parquet", columns=["vehicle", "plate", "customer"])
    customers = pd.read_parquet(root / "world" / "customers.parquet", columns=["customer", "phone"])
    covers = covers[(covers["signed_on"] < now) & (covers["issuer"] != "") & (covers["cancelled_on"] >= now)]
    last = covers.groupby("vehicle")["signed_on"].max().rename("signed").reset_index()
    table = vehicles.merge(last, on="vehicle").merge(customers, on="customer").sort_values("signed", kind="stable")
    phones = {phone.replace("-", ""): day for phone, day in zip(table["phone"], table["signed"], strict=True) if phone}
    return phones | dict(zip(table["plate"], table["signed"], strict=True))


def pick(rng: np.random.Generator, shares: dict[str, float]) -> str:
    """One name drawn by its share."""
    weights = np.array(list(shares.values()))
    return list(shares)[int(rng.choice(len(shares), p=weights / weights.sum()))]


def fill_in(path: Path, signed: dict[str, int], seed: int, sent: date) -> tuple[bytes, list[tuple[str, str]]]:
    """The workbook with nearly every line of its first sheet answered, the same bytes for the same workbook; and
    (number, result) of each line that was called."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    place = {str(cell.value).strip(): cell.column for cell in sheet[1] if cell.value is not None}
    called = []
    for row in range(2, sheet.max_row + 1):
        given = {label: sheet.cell(row, column).value for label, column in place.items()}
        if not given.get("row_id"):
            continue
        rng = np.random.default_rng([seed, zlib.crc32(f"{given.get('list_id')}|{given['row_id']}".encode())])
        told = answer(rng, given, signed, sent)
        phone = re.sub(r"\D", "", str(given.get("电话") or ""))
        if phone and "结果" in told:
            called.append((phone, str(told["结果"])))
        for label, value in told.items():
            if label in place:
                cell = sheet.cell(row, place[label], value)
                if isinstance(value, date):
                    cell.number_format = "yyyy-mm-dd"
    stream = io.BytesIO()
    book.save(stream)
    return same_bytes(stream.getvalue(), sent), called


def answer(rng: np.random.Generator, given: dict[str, object], signed: dict[str, int], sent: date) -> dict[str, object]:
    """What the caller writes into one line: 成交 if the vehicle has signed, else a believable result."""
    phone = re.sub(r"\D", "", str(given.get("电话") or ""))
    when = signed.get(str(given.get("车牌") or phone), -1)
    if when >= days.day(sent) - SIGNED_LATELY_DAYS:
        return {"结果": "成交", "实际让利%": int(rng.choice([0, 0, 5, 8]))}
    if rng.random() < UNANSWERED:
        return {}
    result = "未接通" if not phone else pick(rng, RESULTS)
    out: dict[str, object] = {"结果": result}
    price = float(rng.integers(1800, 5200))
    if result in ("预约", "待联系", "已报价考虑中"):
        out["下次联系"] = sent + timedelta(days=int(rng.integers(1, 8)))
    if result in ("已报价考虑中", "拒绝本次续保", "战败"):
        out["已报价金额"] = price
    if result in ("拒绝本次续保", "战败"):
        out["战败原因"] = pick(rng, LOSS_REASONS)
        if rng.random() < 0.6:
            out["竞品渠道/公司"], out["竞品报价"] = (
                str(rng.choice(RIVALS)),
                round(price * float(rng.uniform(0.82, 0.97))),
            )
    if result == "要求不再来电":
        out["要求不再来电"] = "是"
    if rng.random() < 0.06 and result != "未接通":
        out["备注"] = str(rng.choice(["周末再联系", "已加微信", "要比较两家", "想分期"]))
    return out


def same_bytes(content: bytes, sent: date) -> bytes:
    """The workbook's zip file written again with fixed times, and a fixed `created` and `modified`."""
    stamp = f"{sent.isoformat()}T18:00:00Z"
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in sorted(old.namelist()):
            part = old.read(name)
            if name == "docProps/core.xml":
                for tag in (b"created", b"modified"):
                    part = re.sub(rb"(<dcterms:" + tag + rb"[^>]*>)[^<]*", rb"\g<1>" + stamp.encode(), part)
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), part, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
