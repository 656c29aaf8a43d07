"""The telephone system's files: Asterisk's cdr_csv, no header, one record per leg."""

from __future__ import annotations

import pandas as pd

UNKNOWN = {"?": "UNKNOWN9"}


def cdr_csv(rows: pd.DataFrame) -> bytes:
    """The 18 columns as Asterisk writes them (texts quoted, counts of seconds not); userfield holds the call's id."""
    lines = []
    columns = (
        "store_id",
        "caller_number",
        "callee_number",
        "direction",
        "started_at",
        "answered_at",
        "ended_at",
        "duration",
        "billable_seconds",
        "disposition",
        "leg_id",
        "call_id",
    )
    for store, caller, callee, context, start, answer, end, duration, talk, outcome, leg, call in zip(
        *(rows[column].tolist() for column in columns), strict=True
    ):
        inward = context == "from-trunk"
        trunk, desk = f"PJSIP/trunk{store}", f"PJSIP/{callee if inward else caller}"
        channel, target = (trunk, desk) if inward else (desk, trunk)
        mark = f"{duration + 4096:08x}"
        lines.append(
            f'"{store}","{caller}","{callee}","{context}","""{caller}"" <{caller}>","{channel}-{mark}","{target}-{mark}",'
            f'"Dial","{target},60","{start}","{answer}","{end}",{duration},{talk},"{UNKNOWN.get(outcome, outcome)}",'
            f'"DOCUMENTATION","{leg}","{call}"\n'
        )
    return "".join(lines).encode("utf-8")
