"""The command `python -m exports.deliver`: deliver a night, look at what would go or what became of it, or settle it."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from exports.channels.claims import Claim, claims, delivered_keys
from exports.channels.settings import KPI, SettingsUnusableError, UnknownChannelError, channel_settings, channels
from exports.channels.shipping import Outgoing
from exports.deliver import arrived, deliver, outgoing
from exports.proof import SuppressedOnListError
from exports.summary import aligned
from ingest.archive import keep_exports
from ingest.home import NightAlreadyRunningError, is_rebuild, newest_received_on, step


@dataclass(frozen=True)
class Standing:
    """How one recipient stands with one channel: files that go by it and have arrived, or wait."""

    recipient: str
    address: str
    arrived: list[Outgoing]
    waiting: list[Outgoing]


def standings(as_of: date, channel: str) -> tuple[list[Standing], list[Claim]]:
    """Every recipient of a channel, and the claims of which nobody knows how they ended. Touches nothing."""
    settings = channel_settings(channel)
    known = delivered_keys(channel, as_of)
    unclear = (
        [] if settings.kind in ("folder", "sftp") else [c for c in claims(channel, as_of) if c.state != "accepted"]
    )
    in_question = {key for claim in unclear for key in claim.files}
    found: dict[str, Standing] = {}
    for file in outgoing(as_of):
        address = ", ".join(settings.addresses_of(file.recipient))
        if address and settings.carries(file) and file.key not in in_question:
            standing = found.setdefault(file.recipient, Standing(file.recipient, address, [], []))
            (standing.arrived if file.key in known else standing.waiting).append(file)
    return list(found.values()), unclear


def dry_run_text(as_of: date, names: Sequence[str]) -> str:
    """What would go to whom by these channels now."""
    lines = [f"试运行,什么都没有发出 · dry run of {as_of}, nothing was sent"]
    for name in names:
        rows = [
            (who.recipient, who.address, len(who.waiting), sum(file.rows for file in who.waiting), _why(who.waiting))
            for who in standings(as_of, name)[0]
            if who.waiting
        ]
        heads = ("收件人 recipient", "去向 where", "文件 files", "行 rows", "目的 purposes")
        lines += ["", f"渠道 channel {name}"]
        lines += aligned(heads, rows, "<<>><") if rows else ["  没有要发的 · nothing to send"]
    return "\n".join(lines) + "\n"


def status_text(as_of: date, names: Sequence[str]) -> str:
    """What has arrived, what waits, and what is uncertain, with the commands that settle it."""
    lines = [f"交付情况 · delivery of {as_of}"]
    for name in names:
        everybody, unclear = standings(as_of, name)
        done, waiting = (sum(map(len, lists)) for lists in
                         ([who.arrived for who in everybody], [who.waiting for who in everybody]))  # fmt: skip
        lines += ["", f"渠道 channel {name}: 已送达 arrived {done} · 待发 waiting {waiting} · "
                  f"不确定 uncertain {len(unclear)}"]  # fmt: skip
        lines += [
            f"  {who.recipient}: 待发 waiting {', '.join(file.name for file in who.waiting)}"
            for who in everybody
            if who.waiting
        ]
        command = f"python -m exports.deliver --as-of {as_of} --channel {name}"
        for claim in unclear:
            lines += [
                f"  {claim.recipient}: 不确定 uncertain {', '.join(claim.files)}",
                f"    未收到 it did not arrive: {command} --resend {claim.recipient}",
                f"    已收到 it did arrive:     {command} --arrived {claim.recipient}",
            ]
    return "\n".join(lines) + "\n"


def main(argv: list[str] | None = None) -> int:
    """Ends 0 if all is well, 1 if something was not delivered, 2 if nothing could be done."""
    parser = argparse.ArgumentParser(
        prog="python -m exports.deliver",
        description="交付一夜的文件,已送达的不再发送 · deliver the files of a night; what has arrived is not sent again",
    )
    parser.add_argument("--as-of", type=date.fromisoformat, required=True, help="哪一夜 · which night, YYYY-MM-DD")
    parser.add_argument("--channel", help="只用这个渠道 · this channel only")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="只看会发给谁,不发送 · only say what would go to whom")
    what.add_argument(
        "--status", action="store_true", help="看已送达、待发和不确定的 · what arrived, waits, is uncertain"
    )
    what.add_argument(
        "--resend", metavar="RECIPIENT", help="收件人确认没收到,再发一次 · send again what did not arrive"
    )
    what.add_argument("--arrived", metavar="RECIPIENT", help="收件人确认已收到 · what was uncertain did arrive")
    options = parser.parse_args(argv)
    if (options.resend or options.arrived) and not options.channel:
        parser.error("--resend、--arrived 需要 --channel · they need --channel")
    _use_our_connections()
    as_of = options.as_of
    try:
        names = [options.channel] if options.channel else channels()
        if options.dry_run or options.status:
            print((dry_run_text if options.dry_run else status_text)(as_of, names), end="")
            return 0
        if is_rebuild(as_of):
            newest = newest_received_on()
            print(f"{as_of} 已过去(最新一夜是 {newest}),旧名单不再发出 · {as_of} is past, the newest night is {newest}: "
                  "old lists are not handed over any more", file=sys.stderr)  # fmt: skip
            return 2
        asked_about = options.resend or options.arrived
        if asked_about and all(claim.recipient != asked_about for claim in standings(as_of, names[0])[1]):
            print(f"渠道 {names[0]} 没有 {asked_about} 的不确定件 · nothing of {asked_about} is uncertain by {names[0]}",
                  file=sys.stderr)  # fmt: skip
            return 2
        return max([_deliver(as_of, name, options.resend, options.arrived) for name in names], default=0)
    except (SettingsUnusableError, UnknownChannelError, SuppressedOnListError, NightAlreadyRunningError) as error:
        print(error, file=sys.stderr)
        return 2


def _deliver(as_of: date, name: str, resend: str | None, has_arrived: str | None) -> int:
    with step(as_of, f"deliver-{name}"):
        if has_arrived:
            settled = arrived(as_of, name, has_arrived)
            print(f"渠道 channel {name}: 已登记送达 {settled} 件 · {settled} kept as arrived")
            failed = []
        else:
            result = deliver(as_of, name, [resend] if resend else [])
            failed = result["failed"]
            print(f"渠道 channel {name}: 新送达 {result['delivered']} 份,此前已送达 {result['already']} 份 · "
                  f"{result['delivered']} delivered, {result['already']} had arrived")  # fmt: skip
        keep_exports(as_of)
    for sentence in failed:
        print(f"  {sentence}", file=sys.stderr)
    return 1 if failed else 0


def _why(files: Sequence[Outgoing]) -> str:
    counts = Counter(file.purpose or KPI for file in files)
    return ", ".join(f"{purpose} {count}" for purpose, count in sorted(counts.items()))


def _use_our_connections() -> None:
    from ingest.places.connections import airflow_environment

    os.environ.update(airflow_environment())
