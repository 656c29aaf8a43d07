"""What managers decide in the DMS: approvals, whose a vehicle becomes, statements confirmed or objected to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingest.sample import days
from ingest.sample import parameters as p
from ingest.sample.deals import numbered

NEVER = days.NEVER
DAY = 86400


def make_decisions(seed: int, anchor: int, concessions: pd.DataFrame, changes: pd.DataFrame, sold: pd.DataFrame, policies: pd.DataFrame, staff: pd.DataFrame, span: tuple[int, int]) -> pd.DataFrame:  # fmt: skip
    """Approvals of concessions and of vehicles that are gone, who takes over when a specialist leaves or a manager spreads
    the work anew, and who confirmed the bonus statements of the months within `span` (day numbers)."""
    rng = p.stream(seed, "decisions")
    approved = concessions[concessions["approver"] != ""]
    managers = staff[staff["role"] == "保险经理"].drop_duplicates("store_id").set_index("store_id")["staff_id"]
    parts = [
        pd.DataFrame(
            {
                "store_id": approved["store_id"],
                "manager_id": approved["approver"],
                "at": approved["approved"],
                "decision": "批准",
                "subject": "让利",
                "vin": approved["vin"],
                "reference_number": approved["concession_number"],
            }
        ),
        pd.DataFrame(
            {
                "store_id": changes["store_id"],
                "manager_id": managers.loc[changes["store_id"]].to_numpy(),
                "at": changes["updated_at"] + 3600,
                "decision": np.where(rng.random(len(changes)) < 0.95, "批准", "驳回"),
                "subject": "移出应续",
                "vin": changes["vin"],
                "reference_number": changes["change_number"],
            }
        ),
    ]
    desk = staff[staff["role"] == "续保专员"]
    for leaver in desk[desk["valid_to"] < NEVER].itertuples():
        book = sold[(sold["staff_id"] == leaver.staff_id) & (sold["signed_on"] <= leaver.valid_to)].tail(15)
        heir = desk[(desk["store_id"] == leaver.store_id) & (desk["slot"] == leaver.slot)]
        heir = heir[heir["valid_from"] > leaver.valid_to]
        if len(heir) and len(book):
            parts.append(
                pd.DataFrame(
                    {
                        "store_id": leaver.store_id,
                        "manager_id": managers[leaver.store_id],
                        "at": (leaver.valid_to + 1) * DAY + 9 * 3600 + np.arange(len(book)) * 60,
                        "decision": "改派",
                        "subject": "名单归属",
                        "vin": book["vin"].to_numpy(),
                        "reference_number": "",
                        "from_staff_id": leaver.staff_id,
                        "to_staff_id": heir["staff_id"].iloc[0],
                    }
                )
            )
    parts.append(_spread_anew(anchor, policies, desk, managers))
    parts.append(_statement_decisions(seed, staff, managers, span))
    blank = dict.fromkeys(("vin", "from_staff_id", "to_staff_id", "staff_id", "statement_month", "note"), "")
    rows = pd.concat(parts, ignore_index=True).fillna(blank)
    rows = rows.sort_values(["at", "reference_number", "vin"], kind="stable", ignore_index=True)
    at = rows["at"].to_numpy().astype(np.int64)
    return pd.DataFrame(
        {
            "decision_number": numbered("JD", len(rows), 6),
            "store_id": rows["store_id"],
            "manager_id": rows["manager_id"],
            "decided_at": days.time_text(at),
            "decision": rows["decision"].astype(object),
            "subject": rows["subject"].astype(object),
            "vin": rows["vin"],
            "from_staff_id": rows["from_staff_id"],
            "to_staff_id": rows["to_staff_id"],
            "staff_id": rows["staff_id"],
            "statement_month": rows["statement_month"],
            "reference_number": rows["reference_number"],
            "effective_on": days.text(at // DAY),
            "reason": np.where(rows["decision"] == "改派", "人员变动", rows["note"]).astype(object),
            "since": at,
        }
    )


def _spread_anew(anchor: int, policies: pd.DataFrame, desk: pd.DataFrame, managers: pd.Series) -> pd.DataFrame:
    """On the first day of the nights the manager of store 003 gives vehicles that are due soon to one of her people."""
    store = "003"
    on_duty = desk[(desk["store_id"] == store) & (desk["valid_from"] <= anchor) & (desk["valid_to"] >= anchor)]
    people = on_duty.sort_values("slot")["staff_id"]
    due = policies[(policies["issuer"] == store) & policies["signed_on"].between(anchor - 385, anchor - 355)]
    given = due.sort_values(["signed_on", "cover"]).drop_duplicates("vin").head(40)
    return pd.DataFrame(
        {
            "store_id": store,
            "manager_id": managers[store],
            "at": anchor * DAY + 15 * 3600 + np.arange(len(given)) * 60,
            "decision": "改派",
            "subject": "名单归属",
            "vin": given["vin"].to_numpy(),
            "reference_number": "",
            "from_staff_id": people.iloc[0],
            "to_staff_id": people.iloc[-1],
        }
    )


def _statement_decisions(
    seed: int, staff: pd.DataFrame, managers: pd.Series, span: tuple[int, int]
) -> pd.DataFrame:  # fmt: skip
    """On day 2 of a month most people confirm last month's statement, a few object; the manager confirms a day later."""
    rng = p.stream(seed, "statements")
    parts = []
    for month in range(int(days.month_index(span[0])), int(days.month_index(span[1]))):
        starts, ends = int(days.month_first(month)), int(days.month_first(month + 1))
        paid = staff[staff["role"].isin(["续保专员", "信息员"]) & (staff["valid_from"] < ends)]
        paid = paid[paid["valid_to"] >= starts].drop_duplicates(["store_id", "staff_id"])
        draw = rng.random(len(paid))
        answered = paid[draw < 0.9]
        objects = draw[draw < 0.9] < 0.05
        common = {
            "store_id": answered["store_id"],
            "subject": "奖金",
            "reference_number": "",
            "staff_id": answered["staff_id"],
            "statement_month": days.text(np.full(len(answered), starts)),
        }
        own = pd.DataFrame(
            common
            | {
                "manager_id": answered["staff_id"],
                "at": (ends + 1) * DAY + 9 * 3600 + np.arange(len(answered)) * 240,
                "decision": np.where(objects, "异议", "确认"),
                "note": np.where(objects, "有一台在我名下续保的车没有计入", ""),
            }
        )
        signed = pd.DataFrame(
            common
            | {
                "manager_id": managers.loc[answered["store_id"]].to_numpy(),
                "at": (ends + 2) * DAY + 9 * 3600,
                "decision": "确认",
            }
        )
        parts += [own, signed[~objects]]
    return pd.concat(parts, ignore_index=True)
