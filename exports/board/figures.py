"""The figures of the board: which topic each shows, how it is drawn, which columns its table has, what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import altair as alt

from exports.metrics import Metric
from exports.page.charts import ROWS, colour, compiled
from exports.page.words import LANGUAGES, Words

Say = Callable[[str], str]

PERCENT = alt.Axis(format=".0%", title=None, tickCount=5)
NO_TITLE = alt.Axis(title=None, labelLimit=150)


@dataclass(frozen=True)
class Figure:
    """One figure.

    columns: field -> how it is shown (text, count, money, rate, month, date, number). codes: field -> kind of label.
    metrics: names in the metric dictionary that define it. section: where it stands on the page.
    matured: whether it shows the months that cannot change any more, or only those that can; None: its rows are of one kind.
    period: whose rows name no month of their own: matured, now, before (the month before that of as_of), or since (both last).
    """

    name: str
    section: str
    columns: dict[str, str]
    draw: Callable[[Say], alt.TopLevelMixin] | None = None
    topic: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    period: str = ""
    matured: bool | None = None
    wide: bool = False
    group_only: bool = False

    def for_page(self, words: Words) -> dict[str, Any]:
        """What the page's script needs of it: topic, specification in each language, columns, words of codes."""
        columns = [
            {"field": name, "kind": kind, **words.texts(f"board.column.{name}")} for name, kind in self.columns.items()
        ]
        spec = {language: compiled(self.draw(words.of(language).say)) for language in LANGUAGES} if self.draw else None
        codes = {
            name: {
                key.removeprefix(f"{kind}."): {"zh": text, "en": words.en.labels[key]}
                for key, text in sorted(words.zh.labels.items())
                if key.startswith(f"{kind}.")
            }
            for name, kind in self.codes.items()
        }
        return {
            "topic": self.topic or self.name,
            "spec": spec,
            "columns": columns,
            "codes": codes,
            "groupOnly": self.group_only,
            "matured": self.matured,
        }

    def definitions(self, metrics: dict[str, Metric]) -> list[dict[str, str]]:
        """Name and formula of each metric, in both languages; the metric dictionary is their only place."""
        return [
            {
                "zh": f"{metric.zh}:{metric.formula_zh}",
                "en": f"{metric.en}: {metric.formula_en}",
                "source": metric.source,
            }
            for metric in (metrics[name] for name in self.metrics)
        ]


def _chart(height: int | dict[str, int]) -> alt.Chart:
    return alt.Chart(alt.NamedData(ROWS), width="container", height=height)


def _landing(say: Say) -> alt.TopLevelMixin:
    base = _chart(230)
    month = alt.X("month:O", axis=alt.Axis(title=None, labelAngle=0))
    return alt.layer(
        base.mark_bar(color=colour("accent"), size=26).encode(month, alt.Y("renewed_here:Q", axis=alt.Axis(title=say("board.vehicles")))),
        base.mark_rule(color=colour("c2"), strokeWidth=3).encode(month, alt.Y("low_renewed:Q"), alt.Y2("high_renewed:Q")),
        base.mark_point(color=colour("c2"), size=90).encode(month, alt.Y("expected_renewed:Q")),
        base.mark_tick(color=colour("bad"), thickness=3, size=44).encode(month, alt.Y("target_vehicles:Q")),
    )  # fmt: skip


def _trend(say: Say) -> alt.TopLevelMixin:
    base = _chart(230)
    month = alt.X("month:O", axis=alt.Axis(title=None, labelAngle=-45))
    return alt.layer(
        base.mark_line(color=colour("bad"), strokeDash=[5, 4]).encode(month, alt.Y("target_rate:Q")),
        base.mark_line(color=colour("accent"), strokeWidth=2.5).encode(
            month, alt.Y("renewal_rate:Q", axis=PERCENT, scale=alt.Scale(zero=True))
        ),
        base.mark_point(color=colour("accent")).encode(month, alt.Y("renewal_rate:Q")),
    )


def _against_target(name: str, rate: str = "renewal_rate") -> Callable[[Say], alt.TopLevelMixin]:
    """Bars of a rate with the target as a tick."""

    def draw(say: Say) -> alt.TopLevelMixin:
        base = _chart({"step": 30})
        side = alt.Y(f"{name}:N", sort=None, axis=NO_TITLE)
        return alt.layer(
            base.mark_bar(color=colour("accent"), size=16).encode(side, alt.X(f"{rate}:Q", axis=PERCENT)),
            base.mark_tick(color=colour("bad"), thickness=3, size=24).encode(side, alt.X("target_rate:Q")),
        )

    return draw


def _bars(name: str, value: str, text: str, is_rate: bool = False) -> Callable[[Say], alt.TopLevelMixin]:
    """Bars with their number beside them."""

    def draw(say: Say) -> alt.TopLevelMixin:
        side = alt.Y(f"{name}:N", sort=None, axis=NO_TITLE)
        axis = PERCENT if is_rate else alt.Axis(title=None, tickCount=5)
        base = _chart({"step": 30})
        return alt.layer(
            base.mark_bar(color=colour("accent"), size=16).encode(side, alt.X(f"{value}:Q", axis=axis)),
            base.mark_text(align="left", dx=4, color=colour("ink")).encode(
                side,
                alt.X(f"{value}:Q"),
                alt.Text(f"{text}:Q", format=".1%" if "share" in text or "rate" in text else ",d"),
            ),
        )

    return draw


def _cascade(say: Say) -> alt.TopLevelMixin:
    return (
        _chart({"step": 34})
        .mark_bar(size=20)
        .encode(
            alt.Y("step:N", sort=None, axis=NO_TITLE),
            alt.X("vehicles:Q", axis=alt.Axis(title=say("board.vehicles"), tickCount=5)),
            alt.Color("cause:N", sort=None, legend=alt.Legend(title=None, columns=3)),
        )
    )


def _losses(say: Say) -> alt.TopLevelMixin:
    return (
        _chart({"step": 28})
        .transform_fold(["consistent", "contradicted"], as_=["kind", "vehicles"])
        .transform_calculate(
            kind=f"datum.kind === 'contradicted' ? '{say('board.contradicted')}' : '{say('board.consistent')}'"
        )
        .mark_bar(size=16)
        .encode(
            alt.Y("reason_group:N", sort=None, axis=NO_TITLE),
            alt.X("vehicles:Q", axis=alt.Axis(title=say("board.vehicles"), tickCount=5)),
            alt.Color(
                "kind:N",
                scale=alt.Scale(
                    domain=[say("board.consistent"), say("board.contradicted")], range=[colour("accent"), colour("c2")]
                ),
                legend=alt.Legend(title=None),
            ),
        )
    )


def _concessions(say: Say) -> alt.TopLevelMixin:
    base = _chart(200)
    step = alt.X("step:O", axis=alt.Axis(title=say("board.column.step"), labelAngle=0))
    return alt.layer(
        base.mark_bar(color=colour("accent"), size=26).encode(step, alt.Y("vehicle_share:Q", axis=PERCENT)),
        base.mark_tick(color=colour("bad"), thickness=3, size=40).encode(step, alt.Y("planned_share:Q")),
    )


def _follow_up(say: Say) -> alt.TopLevelMixin:
    day = alt.X("day:O", axis=alt.Axis(title=None, labelAngle=-45))
    return alt.layer(
        _chart(200).mark_bar(color=colour("accent"), size=20).encode(
            day, alt.Y("on_time_rate:Q", axis=PERCENT, scale=alt.Scale(domain=[0, 1]))
        ),
    )  # fmt: skip


FIGURES = (
    Figure(
        "landing", "target", matured=False, wide=True, topic="months", draw=_landing,
        columns={"month": "text", "due_vehicles": "count", "renewed_here": "count", "expected_renewed": "number",
                 "low_renewed": "count", "high_renewed": "count", "target_renewed": "count", "target_vehicles": "count"},
        metrics=("expected_renewed", "target_vehicles"),
    ),
    Figure(
        "stores", "target", period="now", group_only=True, draw=_bars("store_name", "attainment_rate", "attainment_rate", is_rate=True),
        columns={"store_name": "text", "light": "text", "renewed_here": "count", "target_vehicles": "count",
                 "attainment_rate": "rate", "expected_renewed": "number", "low_renewed": "count", "high_renewed": "count"},
        codes={"light": "light"}, metrics=("target_attainment_rate", "pace_rate"),
    ),
    Figure(
        "segments", "target", period="matured", draw=_against_target("segment"), codes={"segment": "board.segment"},
        columns={"segment": "text", "renewed_here": "count", "due_vehicles": "count", "renewal_rate": "rate",
                 "target_rate": "rate", "target_vehicles": "count"},
        metrics=("renewal_rate", "target_rate"),
    ),
    Figure(
        "segments_now", "target", period="now", draw=_against_target("segment"), codes={"segment": "board.segment"},
        columns={"segment": "text", "renewed_here": "count", "due_vehicles": "count", "renewal_rate": "rate",
                 "target_rate": "rate", "target_vehicles": "count"},
        metrics=("renewal_rate", "target_rate"),
    ),
    Figure(
        "trend", "target", matured=True, topic="months", draw=_trend,
        columns={"month": "text", "renewed_here": "count", "due_vehicles": "count", "renewal_rate": "rate",
                 "target_vehicles": "count", "target_rate": "rate"},
        metrics=("renewal_rate",),
    ),
    Figure(
        "funnel", "losses", period="matured", draw=_bars("stage", "vehicles", "vehicles"), codes={"stage": "board.stage"},
        columns={"stage": "text", "vehicles": "count", "share": "rate"},
        metrics=("quoted_rate", "quoted_not_closed_share"),
    ),
    Figure(
        "cascade", "losses", period="matured", draw=_cascade, codes={"step": "step", "cause": "loss_cause"},
        columns={"step": "text", "handed_over": "count", "won": "count", "cause": "text", "vehicles": "count"},
        metrics=("step_loss_rate", "never_handed_over_share", "handed_over_late_share",),
    ),
    Figure(
        "losses", "losses", period="since", draw=_losses, codes={"reason_group": "reason_group"},
        columns={"reason_group": "text", "lost_vehicles": "count", "contradicted": "count", "never_quoted": "count"},
        metrics=("lost_in_period", "contradicted_share"),
    ),
    Figure(
        "follow_up", "losses", draw=_follow_up,
        columns={"day": "text", "sent_rows": "count", "returned_rows": "count", "logged_rows": "count",
                 "called_on_time": "count", "on_time_rate": "rate"},
        metrics=("on_time_follow_up_rate",),
    ),
    Figure(
        "concessions", "money", period="matured", draw=_concessions,
        columns={"step": "text", "vehicles": "count", "recorded_vehicles": "count", "vehicle_share": "rate",
                 "planned_share": "rate"},
        metrics=("concession_step_share", "planned_step_share"),
    ),
    Figure(
        "insurers", "money", period="matured", draw=_bars("insurer_code", "premium_share", "premium_share", is_rate=True),
        codes={"insurer_code": "insurer"},
        columns={"insurer_code": "text", "renewed_vehicles": "count", "premium_amount": "money", "premium_share": "rate",
                 "commission_amount": "money"},
        metrics=("insurer_premium_share",),
    ),
    Figure(
        "new_cars", "others", period="before", draw=_against_target("staff_id", "insurance_rate"),
        columns={"place": "count", "staff_id": "text", "store_id": "text", "insured_here": "count",
                 "sold_vehicles": "count", "insurance_rate": "rate", "target_rate": "rate"},
        metrics=("new_car_insurance_rate",),
    ),
    Figure(
        "hotline", "others", period="before", draw=_bars("stage", "calls", "calls"), codes={"stage": "board.hotline_stage"},
        columns={"stage": "text", "calls": "count", "share": "rate"},
        metrics=("hotline_answer_rate", "hotline_record_rate", "hotline_guide_rate"),
    ),
)  # fmt: skip
SECTIONS = ("target", "losses", "money", "others")


def figures_for(stores: Iterable[Mapping[str, Any]]) -> list[Figure]:
    """The figures that these stores see: concessions only if one of them shows them (DOMAIN §5)."""
    may_show = any(store["benefits_on_staff_lists"] for store in stores)
    return [figure for figure in FIGURES if figure.name != "concessions" or may_show]
