"""May this vehicle's customer be called on that day, by what is known tonight? DOMAIN §6, stated plainly in Python."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from tests.recomputed.cascade import earlier_expiry
from tests.recomputed.inputs import day
from tests.recomputed.universe import Universe

Row = dict[str, Any]
MOBILE = re.compile(r"9?0?(?:00)?(?:86)?0?(1[3-9][0-9]{9})")


class Rules:
    """What holds for one group of vehicles: parameters, working and statutory days, and what happened to whom."""

    def __init__(self, group: dict[str, Any], as_of: date) -> None:
        self.group = group
        self.as_of = as_of
        self.results = {row["vin"]: row for row in group["results"]}
        self.calls_of: dict[str, list[Row]] = {}
        for call in group["calls"]:
            self.calls_of.setdefault(call["phone"], []).append(call)
        self.held: dict[str, list[tuple[date, str]]] = {}
        for number, last, reason in self.numbers_held():
            self.held.setdefault(number, []).append((last, reason))

    def numbers_held(self) -> Iterator[tuple[str, date, str]]:
        """(number, last day, reason) of every wish and every consent that was taken back."""

        def numbers(customer: str | None, phone: str | None) -> set[str]:
            owned = {v["phone"] for v in self.group["vehicles"] if customer and v["customer_id"] == customer}
            return (owned | {phone}) - {None}

        for wish in self.group["wishes"]:
            asked, ends = wish["requested_on"], wish["ends_on"]
            last = max(ends, asked.replace(year=asked.year + 1)) if ends else date.max
            yield from ((number, last, "do_not_call") for number in numbers(wish["customer_id"], wish["phone"]))
        decisions: dict[tuple[Any, ...], list[Row]] = {}
        for row in self.group["consents"]:
            decisions.setdefault((row["customer_id"], row["phone"], row["purpose"]), []).append(row)
        for (customer, phone, purpose), rows in decisions.items():
            newest = max(row["decided_on"] for row in rows)
            taken_back = [row for row in rows if row["decided_on"] == newest and not row["is_given"]]
            if purpose != "message" and taken_back:
                last = max(row["ends_on"] or date.max for row in taken_back)
                about = {phone} if phone else numbers(customer, None)
                yield from ((number, last, "no_consent") for number in about)

    def list_day(self, store: str) -> date:
        days = (self.as_of + timedelta(days=count) for count in range(31))
        return next(on for on in days if self.calls(store, on))

    def calls(self, store: str, on: date) -> bool:
        """Whether a store calls on a day: by its weekdays, unless statutory days count for it or the day is a holiday."""
        works, kind = on.isoweekday() in self.group["working"][store], self.group["statutory"].get(on)
        numbers = self.group["parameters"][store]
        if kind == "holiday":
            return works and numbers["calls_on_statutory_holidays"] == 1
        return works or (kind == "make_up_working_day" and numbers["statutory_days_count"] == 1)

    def next_call_day(self, store: str, on: date) -> date:
        """The first day from one on that is a day of calls; a day beyond the calendar's end stays what it is."""
        return (
            on
            if on > self.as_of + timedelta(days=400)
            else next(free for n in range(30) if self.calls(store, free := on + timedelta(days=n)))
        )

    def phone(self, vehicle: Row) -> str | None:
        told = self.results.get(vehicle["vin"], {}).get("new_phone")
        return told or (vehicle["phone"] if vehicle["is_contactable"] else None)

    def unanswered(self, phone: str | None, on: date) -> int:
        """Unanswered calls of ours to a number in the seven days that end on a day."""
        return sum(
            call["direction"] == "outbound" and call["talk_seconds"] < 20
            for call in self.calls_of.get(phone, [])
            if on - timedelta(days=6) <= call["called_on"] < on
        )

    def against(self, vehicle: Row, on: date) -> set[str]:
        """The rules that forbid to call a vehicle's customer on a day, by what is known tonight."""
        phone, result = self.phone(vehicle), self.results.get(vehicle["vin"], {})
        numbers = self.group["parameters"][vehicle["store_id"]]
        found = {reason for last, reason in self.held.get(phone, []) if on <= last}
        for case in self.group["cases"] if numbers["open_case_stops_calls"] == 1 else []:
            owner = self.group["owners"].get(case["vin"])
            if case["vin"] == vehicle["vin"] or (owner and owner == vehicle["customer_id"]):
                found |= {"open_complaint"} if case["open_complaints"] else set()
                found |= {"open_dispute"} if case["open_disputes"] else set()
        found |= {"no_phone"} if phone is None else set()
        if (vehicle["first_expires_on"] - on).days > numbers["earliest_call_days"]:
            found.add("too_early")
        found |= {"no_recipient"} if vehicle["recipient_id"] is None else set()
        effect = result.get("last_effect")
        if effect == "wrong_number" and result["last_result_phone"] == phone:
            found.add("wrong_number")
        found |= {"reported_lost"} if effect == "lost" else set()
        if effect == "refused" and self.is_still_refused(vehicle, on, result["last_result_on"]):
            found.add("offer_refused")
        if effect == "claimed" and (on - result["last_result_on"]).days < 7:
            found.add("claimed_renewal")
        if self.unanswered(phone, on) >= numbers["unanswered_per_week"]:
            found.add("call_limit")
        if not self.is_promise_due(vehicle, on) and self.is_inside_interval(vehicle, on, numbers):
            found.add("recontact_interval")
        return found

    def is_still_refused(self, vehicle: Row, on: date, refused_on: date) -> bool:
        """A refusal ends the step: the next one begins afresh, after the last one the recall of what has lapsed."""
        begun = vehicle["step_entered_on"]
        if begun is not None and refused_on < begun:
            return False
        return not refused_on <= vehicle["first_expires_on"] < on

    def promise(self, vehicle: Row) -> date | None:
        result = self.results.get(vehicle["vin"], {})
        promised = result.get("next_contact_on")
        beyond = vehicle["expires_on"] + timedelta(days=30)
        return promised if promised and result["last_result_on"] < promised <= beyond else None

    def days_of(self, phone: str | None) -> tuple[list[date], list[date]]:
        """Days with contacts or attempts of a number, and those on which somebody spoke 20 seconds."""
        mine = self.calls_of.get(phone, [])
        spoken = [call["called_on"] for call in mine if call["talk_seconds"] >= 20]
        return spoken + [call["called_on"] for call in mine if call["direction"] == "outbound"], spoken

    def is_promise_due(self, vehicle: Row, on: date) -> bool:
        promised, (_, spoken) = self.promise(vehicle), self.days_of(self.phone(vehicle))
        return promised is not None and promised <= on and not (spoken and max(spoken) >= promised)

    def is_inside_interval(self, vehicle: Row, on: date, numbers: dict[str, int]) -> bool:
        result, (called, spoken) = self.results.get(vehicle["vin"], {}), self.days_of(self.phone(vehicle))
        promised = self.promise(vehicle)
        if promised and promised > on:
            return True
        told = result.get("last_result_on")
        last = max([*called, *([told] if told else [])], default=None)
        if last is None:
            return False
        left = (vehicle["first_expires_on"] - last).days
        answered = result["is_answer"] if told == last else last in spoken
        name = "no_answer" if not answered else "far" if left > 20 else "middle" if left > 7 else "near"
        name = "lapsed" if answered and left < 0 else name
        return (on - last).days < numbers[f"recontact_{name}_days"]


class ListedRows:
    """The rows of a night's lists against everything that was known before it; `lists` has list_id, store_id, staff_id,
    vin, expiry_month, phone and list_for_on."""

    def __init__(self, universe: Universe, lists: list[Row]) -> None:
        self.universe, self.inputs, self.as_of = universe, universe.inputs, universe.as_of
        self.lists = lists

    def violations(self) -> list[str]:
        """What a rule forbids and stands on a list all the same; never a number or a name."""
        due = {(d.store_id, d.vin, d.expiry_month): d for d in self.universe.due}
        told, vehicles = [], []
        for row in self.lists:
            mine = due.get((row["store_id"], row["vin"], row["expiry_month"]))
            if mine is None or mine.outcome != "open":
                told.append(f"{row['list_id']}: a vehicle that is not open ({mine and mine.outcome})")
                continue
            vehicles.append(
                {"row": row, "vin": row["vin"], "store_id": row["store_id"], "phone": row["phone"], "is_contactable": True,
                 "customer_id": self._owners.get(row["vin"]), "recipient_id": row["staff_id"],
                 "first_expires_on": earlier_expiry(self.universe, mine), "expires_on": mine.expires_on,
                 "step_entered_on": row["step_entered_on"]}
            )  # fmt: skip
        twice = [vin for vin, count in Counter(v["vin"] for v in vehicles).items() if count > 1]
        told += [f"{len(twice)} vehicles are on two rows"] if twice else []
        rules = Rules(self._group(vehicles), self.as_of)
        taken: Counter[tuple[str, date]] = Counter()
        for vehicle in vehicles:
            on, numbers = vehicle["row"]["list_for_on"], rules.group["parameters"][vehicle["store_id"]]
            told += [f"{vehicle['row']['list_id']}: {reason}" for reason in sorted(rules.against(vehicle, on))]
            taken[vehicle["phone"], on] += 1
            may = min(
                numbers["unanswered_per_day"], numbers["unanswered_per_week"] - rules.unanswered(vehicle["phone"], on)
            )
            if taken[vehicle["phone"], on] > may:
                told.append(f"{vehicle['row']['list_id']}: a number stands on more rows than it may be dialled")
            if on != rules.list_day(vehicle["store_id"]):
                told.append(f"{vehicle['row']['list_id']}: made for a day without calls")
        return told

    def _group(self, vehicles: list[Row]) -> Row:
        stores = sorted({vehicle["store_id"] for vehicle in vehicles})
        parameters = {
            store: {name: int(row["value"]) for name, row in
                    self.inputs.valid("call_list_parameter", "parameter", store, self.as_of).items()}
            for store in stores
        }  # fmt: skip
        working = {
            store: {int(weekday) for weekday, row in
                    self.inputs.valid("working_calendar", "weekday", store, self.as_of).items()
                    if row["is_working_day"] == "true"}
            for store in stores
        }  # fmt: skip
        statutory = {date.fromisoformat(row["day"]): row["kind"] for row in self.inputs.seed("statutory_day")}
        return {
            "parameters": parameters, "working": working, "statutory": statutory, "vehicles": vehicles,
            "owners": self._owners, "results": self._results(), "calls": self._calls(), "cases": self._cases(),
            "wishes": self._wishes(), "consents": self._consents(),
        }  # fmt: skip

    @cached_property
    def _owners(self) -> dict[str, str | None]:
        return {vin: vehicle["customer_id"] for vin, vehicle in self.universe.vehicles.items()}

    @cached_property
    def _lines(self) -> list[Row]:
        """Returned lines with the number that stood on the list."""
        sent = self.inputs.archive("call_list").to_dict("records")
        phones = {(row["list_id"], row["row_id"]): row["phone"] for row in sent}
        lines = self.universe.results.to_dict("records")
        return [line | {"phone": phones[line["list_id"], line["row_id"]]} for line in lines]

    def _results(self) -> list[Row]:
        """The newest answer about each vehicle's renewal."""
        effects = {row["result"]: row["effect"] for row in self.inputs.seed("result_code")}
        newest: dict[str, Row] = {}
        for line in sorted(self._lines, key=lambda line: (line["list_for_on"], line["list_id"])):
            newest[line["vin"]] = line | {"told": newest.get(line["vin"], {}).get("told")}
            if line["new_phone"]:
                newest[line["vin"]]["told"] = line["new_phone"]
        return [
            {"vin": vin, "last_effect": effects[line["result"]], "is_answer": effects[line["result"]] != "no_contact",
             "last_result_on": line["list_for_on"], "next_contact_on": line["next_contact_on"],
             "last_result_phone": line["phone"], "new_phone": line["told"]}
            for vin, line in newest.items()
        ]  # fmt: skip

    def _calls(self) -> list[Row]:
        """One row per call with an outside number; the talk of all its legs together."""
        found: dict[str, Row] = {}
        for leg in self.inputs.entity("call").to_dict("records"):
            if day(leg["started_at"]) >= self.as_of or leg["direction"] == "internal":
                continue
            sides = (leg["callee_number"], leg["caller_number"])
            phone = next(filter(None, map(number, sides if leg["direction"] == "outbound" else reversed(sides))), None)
            call = found.setdefault(leg["call_id"], {"direction": leg["direction"], "phone": phone, "talk_seconds": 0,
                                                     "called_on": day(leg["started_at"])})  # fmt: skip
            call["talk_seconds"] += leg["billable_seconds"] if leg["disposition"] == "answered" else 0
            if leg["direction"] == "outbound":
                call["direction"] = "outbound"
        return list(found.values())

    def _wishes(self) -> list[Row]:
        rows = self.inputs.entity("do_not_call").to_dict("records")
        registered = [row | {"phone": number(row["phone"])} for row in rows if row["requested_on"] < self.as_of]
        told = [
            {"customer_id": self._owners.get(line["vin"]), "phone": line["phone"], "requested_on": line["list_for_on"],
             "ends_on": None}
            for line in self._lines if line["no_more_calls"] or line["result"] == "no_more_calls"
        ]  # fmt: skip
        return registered + told

    def _consents(self) -> list[Row]:
        rows = self.inputs.entity("consent").to_dict("records")
        return [row | {"phone": number(row["phone"])} for row in rows if row["decided_on"] < self.as_of]

    def _cases(self) -> list[Row]:
        """Open complaints, of a vehicle or of all of a customer, and disputes about claims."""
        vehicles: dict[str | None, list[str]] = {}
        for vin, customer in self._owners.items():
            vehicles.setdefault(customer, []).append(vin)
        found = []
        for row in self.inputs.entity("complaint").to_dict("records"):
            if day(row["opened_at"]) < self.as_of and not (row["closed_at"] and day(row["closed_at"]) < self.as_of):
                vins = [row["vin"]] if row["vin"] else vehicles.get(row["customer_id"] or "", [])
                found += [{"vin": vin, "open_complaints": 1, "open_disputes": 0} for vin in vins]
        for row in self.inputs.entity("claim").to_dict("records"):
            opened, closed = row["dispute_opened_on"], row["dispute_closed_on"]
            if opened and opened < self.as_of and not (closed and closed < self.as_of):
                found.append({"vin": row["vin"], "open_complaints": 0, "open_disputes": 1})
        return found


def number(text: str | None) -> str | None:
    """A customer's number as it is compared: a mobile with its 11 digits, a landline with its digits, a desk not at all."""
    digits = re.sub(r"\D", "", text or "")
    mobile = MOBILE.fullmatch(digits)
    return mobile[1] if mobile else digits if len(digits) >= 7 else None
