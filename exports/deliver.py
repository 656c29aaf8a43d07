"""Hand the outbox of a night over to its channels: a claim before anything leaves, a receipt when it has arrived.

`python -m exports.deliver --as-of 2026-11-24` with --dry-run, --status, --channel, --resend or --arrived; see
docs/delivery.md. Folder and SFTP deliver exactly once: a delivery that was killed is resolved by looking. Mail and WeCom
deliver at most once by themselves: what may have arrived is reported and a person decides. Receipts of files with personal
data are archived as the export log (ingest.archive).
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import tenacity

from exports.channels import open_channel
from exports.channels.claims import Claim, claims, delivered_keys, take
from exports.channels.settings import Settings, SettingsUnusableError, channel_settings, channels
from exports.channels.shipping import (
    Channel,
    ChannelDownError,
    NotDeliveredError,
    Outgoing,
    Shipment,
    UncertainError,
    reached,
)
from exports.outbox import MANAGERS
from exports.proof import raise_if_disproved
from exports.wording import Night
from ingest.home import home, log, read_json, write_atomic

LONGEST_PAUSE = 600.0
"""Seconds between two rounds of a channel, at most."""
IN_A_ROW = 3
"""After so many failures in a row that are not one recipient's own, a channel counts as down for this round."""
NAMED = 5
"""Recipients or files that one sentence about a failure names; the status names all."""
LEFT = ("rows", "purpose", "revision", "sha256", "bytes")
"""What a receipt keeps of a file."""
UNTRIED = f"连续 {IN_A_ROW} 次结果不明,其余未发 · not tried, after {IN_A_ROW} in a row of which nobody knows whether they arrived"
pause = time.sleep


@dataclass
class Result:
    """What a run of one channel did. failed: keys by sentence; uncertain: keys of what may have arrived."""

    delivered: int = 0
    already: int = 0
    failed: dict[str, list[str]] = field(default_factory=dict)
    uncertain: list[str] = field(default_factory=list)

    def fail(self, keys: Sequence[str], reason: str) -> None:
        self.failed.setdefault(reason, []).extend(keys)

    def sentences(self) -> list[str]:
        """One per reason, with the first keys."""
        return [
            f"{', '.join(keys[:NAMED])}{f' (+{len(keys) - NAMED})' if len(keys) > NAMED else ''}: {reason}"
            for reason, keys in self.failed.items()
        ]


def deliver(
    as_of: date, channel: str = "folder", resend: Collection[str] = (), only: Collection[str] | None = None
) -> dict[str, Any]:
    """Deliver every recipient's files of a night by one channel, or only some by their keys (recipient/name).

    Returns {'channel', 'delivered', 'already', 'failed': [sentences], 'uncertain': [keys]}; counts are of files, of a
    notice one. Idempotent: what is not delivered is reported in 'failed' and tried again by the next run; the others go
    on. resend: recipients of whom a person says that what was uncertain did not arrive. Raises UnknownChannelError, and
    SuppressedOnListError if the night's lists were stopped.
    """
    raise_if_disproved(as_of)
    with _opened(channel, as_of) as delivery:
        result = delivery.run(resend, only) if isinstance(delivery, _Delivery) else delivery
    log("deliver", f"{channel}: {result.delivered} files delivered, {result.already} were already there, "
        f"{sum(map(len, result.failed.values()))} failed")  # fmt: skip
    return {
        "channel": channel, "delivered": result.delivered, "already": result.already,
        "failed": result.sentences(), "uncertain": sorted(result.uncertain),
    }  # fmt: skip


def arrived(as_of: date, channel: str, recipient: str) -> int:
    """A person says that what was uncertain did arrive: write its receipts; return how many claims that were."""
    mine = [claim for claim in claims(channel, as_of) if claim.recipient == recipient and claim.state != "accepted"]
    for claim in mine:
        claim.settle({"is_certain": False})
    return len(mine)


def tell_managers(as_of: date, failures: Mapping[str, int], night: Night) -> list[str]:
    """Tell the managers by every channel without a failure what the others could not deliver; return whoever was told.

    failures: sentences by channel. A notice without personal data; the same one is not sent twice.
    """
    body = [night.say("notice.problems", as_of=as_of)]
    body += [night.say("notice.problem", channel=name, failures=count) for name, count in sorted(failures.items())]
    body.append(night.say("notice.look", command=f"python -m exports.deliver --as-of {as_of} --status"))
    text = "\n".join(body) + "\n"
    told = []
    for channel in channels():
        if channel in failures:
            continue
        with _opened(channel, as_of) as delivery:
            if isinstance(delivery, _Delivery) and delivery.tell(
                night.say("notice.problems_subject", as_of=as_of), text
            ):
                told.append(channel)
    log("deliver", f"the managers were told by {', '.join(told) or 'no channel'}")
    return told


@contextlib.contextmanager
def _opened(channel: str, as_of: date) -> Iterator[_Delivery | Result]:
    """A channel that is open for a night, or what there is to say if it cannot be."""
    try:
        settings = channel_settings(channel)
        way = open_channel(settings, as_of)
    except (SettingsUnusableError, ChannelDownError) as error:
        failed = Result()
        failed.fail([channel], str(error))
        yield failed
        return
    try:
        yield _Delivery(channel, way, settings, as_of)
    finally:
        way.close()


def outgoing(as_of: date) -> Iterator[Outgoing]:
    """Every file that is in force in the outbox of a night, by recipient and name."""
    for path in sorted((home() / "outbox" / str(as_of)).glob("*/manifest.json")):
        manifest = read_json(path)
        changes = {(change["file"], change["revision"]): change for change in manifest["changes"]}
        for entry in manifest["files"]:
            change = changes.get((entry["base_name"], entry["revision"]))
            counts = {name: change[name] for name in ("added", "removed", "changed")} if change else None
            yield Outgoing(
                path.parent.name, entry["name"], path.parent / entry["name"], entry["rows"], entry["purpose"],
                entry["revision"], entry["sha256"], entry["bytes"], counts,
            )  # fmt: skip


def shipments_of(channel: Channel, settings: Settings, files: Sequence[Outgoing]) -> list[Shipment]:
    """What of these files goes by a channel, packed as the channel hands it over."""
    allowed: dict[tuple[str, tuple[str, ...]], list[Outgoing]] = {}
    for file in files:
        addresses = settings.addresses_of(file.recipient)
        if addresses and settings.carries(file):
            allowed.setdefault((file.recipient, addresses), []).append(file)
    return channel.pack(allowed)


class _Delivery:
    """One run of one channel for one night."""

    def __init__(self, name: str, channel: Channel, settings: Settings, as_of: date) -> None:
        self.name, self.channel, self.settings, self.as_of = name, channel, settings, as_of
        self.result = Result()
        self.waiting: list[tuple[Shipment, NotDeliveredError]] = []
        """What certainly did not arrive in the last round and may in the next."""

    def run(self, resend: Collection[str], only: Collection[str] | None) -> Result:
        """Deliver what is in force, after what an earlier run left is resolved."""
        for claim in claims(self.name, self.as_of):
            claim.finish()
        known = delivered_keys(self.name, self.as_of)
        files = {file.key: file for file in outgoing(self.as_of)}
        self.result.already = len(known & set(files))
        again: list[Shipment] = []
        for claim in claims(self.name, self.as_of):
            if not self.channel.can_look:
                known |= set(claim.files)
                again += self._resolved(claim, resend, files)
            elif not set(claim.files) <= set(files):
                self._withdraw(claim)
        fresh = [file for key, file in files.items() if key not in known and (only is None or key in only)]
        self.rounds(again + shipments_of(self.channel, self.settings, fresh))
        return self.result

    def rounds(self, shipments: Sequence[Shipment]) -> None:
        """Deliver, and again after growing pauses what may arrive later, as often as the settings say."""
        self.waiting = [(shipment, NotDeliveredError("", "")) for shipment in shipments]
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.settings.tries),
            wait=tenacity.wait_exponential(multiplier=self.settings.backoff_seconds, max=LONGEST_PAUSE),
            retry=tenacity.retry_if_result(bool),
            retry_error_callback=lambda _: None,
            sleep=lambda seconds: pause(seconds),
        )
        retrying(self._round)
        tried = self.settings.tries
        for shipment, error in self.waiting:
            self.result.fail([shipment.name], f"{error}(已试 {tried} 次 · {tried} tries)")

    def tell(self, subject: str, text: str) -> bool:
        """A notice to the managers about something that went wrong; True if they have it, by now or from before."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        path = home() / "state" / "notices" / str(self.as_of) / f"problems_{self.as_of:%Y%m%d}_{digest[:6]}.txt"
        write_atomic(path, text.encode())
        file = Outgoing(MANAGERS, path.name, path, 0, None, 1, digest, len(text.encode()))
        if file.key in delivered_keys(self.name, self.as_of):
            return True
        if not self.channel.can_look and any(file.key in claim.files for claim in claims(self.name, self.as_of)):
            return False
        addresses = self.settings.addresses_of(MANAGERS)
        packed = self.channel.pack({(MANAGERS, addresses): [file]}) if addresses else []
        self.rounds([replace(shipment, text=(subject, text)) for shipment in packed])
        return bool(packed) and not self.result.failed

    def _resolved(self, claim: Claim, resend: Collection[str], files: Mapping[str, Outgoing]) -> list[Shipment]:
        """Of what may have arrived: what is to be sent again because a person says that it did not."""
        if claim.recipient not in resend:
            claim.keep("uncertain")
            self._uncertain(claim)
            return []
        if set(claim.files) <= set(files):
            return shipments_of(self.channel, self.settings, [files[key] for key in claim.files])
        claim.settle({"is_certain": False})  # a revision has taken its place: nobody wants it any more
        return []

    def _withdraw(self, claim: Claim) -> None:
        """Of a file that a revision has replaced: settle its claim if it had arrived, else leave nothing of it."""
        receipt = claim.receipts[0]
        path = home() / "outbox" / str(self.as_of) / claim.recipient / receipt["file"]
        file = Outgoing(claim.recipient, path.name, path, *(receipt[name] for name in LEFT))
        for shipment in self.channel.pack({(claim.recipient, self.settings.addresses_of(claim.recipient)): [file]}):
            try:
                self.channel.ready()
                has_arrived = self.channel.withdraw(shipment, claim)
            except NotDeliveredError as error:
                self.result.fail([file.key], str(error))
                continue
            claim.settle({}) if has_arrived else claim.release()

    def _round(self) -> bool:
        """Try all that waits once; True if something may arrive in another round."""
        todo, self.waiting = [shipment for shipment, _ in self.waiting], []
        unclear = 0
        for position, shipment in enumerate(todo):
            try:
                is_new = self._hand_over(shipment)
            except ChannelDownError as error:
                rest = [*todo[position + 1 :], shipment]  # the others come first in the next round
                if not error.is_temporary:
                    self.result.fail([each.name for each in rest], str(error))
                    return False
                self.waiting += [(each, error) for each in rest]
                break
            except UncertainError:
                unclear += 1
                if unclear == IN_A_ROW and todo[position + 1 :]:
                    self.result.fail([each.name for each in todo[position + 1 :]], UNTRIED)
                    break
            except NotDeliveredError as error:
                if error.is_temporary:
                    self.waiting.append((shipment, error))
                else:
                    self.result.fail([shipment.name], str(error))
            else:
                unclear = 0
                self.result.delivered += max(1, len(shipment.files) * (not shipment.is_notice)) * is_new
                self.result.already += not is_new
        return bool(self.waiting)

    def _hand_over(self, shipment: Shipment) -> bool:
        """Claim, deliver, receipt; True if it arrived now, False if it had before."""
        self.channel.ready()
        reached("ready")
        claim = take(shipment, self.name, self.as_of, flush=not self.channel.can_look)
        reached("claimed")
        try:
            facts = self.channel.hand_over(shipment, claim)
        except NotDeliveredError:
            if not claim.is_moving:
                claim.release()
            raise
        except UncertainError as error:
            claim.keep("uncertain")
            self._uncertain(claim, error)
            raise
        reached("handed over")
        claim.settle(facts or {})
        return facts is not None

    def _uncertain(self, claim: Claim, error: UncertainError | None = None) -> None:
        why = str(error or UncertainError("上次交付中断", "the last delivery was broken off"))
        self.result.uncertain += claim.files
        command = f"python -m exports.deliver --as-of {self.as_of} --channel {self.name}"
        self.result.fail(
            [claim.recipient],
            f"{why};不会自动重发,请向收件人核实:未收到用 --resend,已收到用 --arrived · not sent again by itself; ask the "
            f"recipient: `{command} --resend RECIPIENT` if it did not arrive, --arrived RECIPIENT if it did",
        )


if __name__ == "__main__":
    from exports.channels.command import main

    sys.exit(main())
