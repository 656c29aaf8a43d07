"""What a notice says: counts, where the lists lie, what a revision changed. No personal data, no secret."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import date

from exports.channels.settings import KPI
from exports.channels.shipping import Outgoing
from exports.shelf import published_of
from exports.wording import Night, load_night


def words_of(as_of: date) -> Night:
    """The words of a published night in the installation's language."""
    return load_night(published_of(as_of), as_of, os.environ.get("XUBAO_LANGUAGE") or "zh")


def notice(files: Sequence[Outgoing], place: str, night: Night, is_attached: bool = False) -> tuple[str, str]:
    """Subject and body about files that are ready, or attached."""
    revised = [file for file in files if file.revision > 1]
    lines = [night.say("notice.ready", as_of=night.as_of)]
    counts = Counter(file.purpose or KPI for file in files)
    for purpose, count in sorted(counts.items()):
        rows = sum(file.rows for file in files if (file.purpose or KPI) == purpose)
        lines.append(night.say("notice.files", purpose=night.say(f"purpose.{purpose}"), files=count, rows=rows))
    if revised:
        change: Counter[str] = Counter({"added": 0, "removed": 0, "changed": 0})
        for file in revised:
            change.update(file.change or {})
        lines.append(night.say("notice.revised", files=len(revised), **change))
    if is_attached:
        lines.append(night.say("notice.attached"))
    elif place:
        lines.append(night.say("notice.place", place=place))
    lines.append(night.say("notice.internal"))
    subject = "notice.revised_subject" if revised else "notice.subject"
    return night.say(subject, as_of=night.as_of), "\n".join(lines) + "\n"
