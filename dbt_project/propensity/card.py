"""The model card: what a propensity model is, what it was learned from, and how good it is, on one page.

Chinese first, English second; the page loads nothing from anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape

import numpy as np
import pyarrow.compute as pc

from dbt_project.propensity.scoring import MILLION, Numbers, Words
from dbt_project.propensity.training import Trained, figures, numbers, outcomes

Labels = Mapping[str, tuple[str, str]]
"""Key of dim_label -> (Chinese, English)."""

PUBLISHED_AUC = (
    "公开发表的退保/续保模型 AUC 为 0.63(欧洲,23,060 份保单)至 0.76(西班牙,53,502 份;逻辑回归 0.68)。"
    "若数据是生成的样例,更高的数字什么也证明不了。",
    "Published lapse models reach an AUC of 0.63 (Europe, 23,060 policies) to 0.76 (Spain, 53,502; logistic regression "
    "0.68). A higher figure on generated data proves nothing.",
)
NAMES = {
    "model": ("本模型", "this model"),
    "before": ("原模型", "the model in force before"),
    "segment_rate": ("类别去年同月续保率", "the segment's rate of last year"),
    "logistic": ("逻辑回归(同样的特征)", "logistic regression on the same features"),
}
BINS = 10
STYLE = """body{font-family:system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2rem auto;max-width:62rem;
padding:0 1rem;color:#222;line-height:1.5}table{border-collapse:collapse;margin:.5rem 0 1.5rem}td,th{border:1px solid
#ccc;padding:.3rem .7rem;text-align:right}td:first-child,th:first-child,td.long{text-align:left}th{background:#f2f2f2}
.en{color:#666;font-size:.9em}h2{margin-top:2rem;border-bottom:1px solid #ddd}.note{background:#fff8e1;padding:.6rem 1rem}
.up{color:#1b7a3d}.down{color:#b3261e}"""


def card(trained: Trained, as_of: date, before_as_of: date | None, labels: Labels) -> str:
    """The page (HTML) of a trained model."""
    facts, found = trained.model.facts, trained.figures
    sections = [
        "<h1>续保倾向模型说明 <span class=en>Model card: propensity to renew here</span></h1>",
        _both(
            f"从 {as_of} 夜间发布的数据训练。估计应续车辆在本店续保的可能性,只用冻结日(M−2 月 1 日;迟入车辆为进入次日)之前已知的信息。",
            f"Learned from the night published on {as_of}. How likely a due vehicle renews here, from what was known before "
            "its freeze (day 1 of M − 2; the day after it entered for a late entry).",
        ),
        f'<div class=note>{_both(*PUBLISHED_AUC)}</div>',
        _heading("数据", "Data"),
        _table(
            ("用途", "Part"), (("到期月", "Expiry months"), ("车辆数", "Vehicles")),
            [(_say(labels, f"propensity_part.{part}"), [facts[f"{part}_months"], f"{int(facts[f'{part}_vehicles']):,}"])
             for part in ("learn", "calibrate", "hold_out")],
        ),
        _both(
            f"检验集 {int(facts['hold_out_vehicles']):,} 辆,其中本店续保 {int(facts['hold_out_renewed']):,} 辆。按到期月先后划分:"
            "旧月训练、其后校准、最新已到期月检验。冻结时已续保者不参与。",
            f"Of {int(facts['hold_out_vehicles']):,} held-out vehicles {int(facts['hold_out_renewed']):,} renewed here. Split by "
            "time: learned from the older expiry months, calibrated on the next, compared on the newest matured ones. "
            "Vehicles that had renewed by their freeze are left out.",
        ),
        _heading("好坏", "How good it is"),
        _table(
            ("同一检验集", "Same held-out vehicles"), (("AUC", ""), ("Brier", ""), ("对数损失", "Log loss")),
            [(NAMES[name], [f"{value.auc:.3f}", f"{value.brier:.4f}", f"{value.log_loss:.4f}"])
             for name, value in sorted(found.items(), key=lambda item: list(NAMES).index(item[0]))],
        ),
        _both(*_verdict(trained, before_as_of)),
        _heading("校准", "Calibration"),
        _both(
            "检验集按估计分成十组:横轴为估计的平均续保率,纵轴为实际续保率;在对角线上即为准确。",
            "Held-out vehicles in ten groups by estimate: across the mean estimate, upwards the rate that renewed; on the "
            "diagonal both agree.",
        ),
        calibration_plot(outcomes(trained.hold_out), trained.rates),
        _heading("按客户类别", "By segment"),
        _by_segment(trained, labels),
        _heading("看什么", "What it looks at"),
        _both(
            "每项特征给出分值(对数几率,相对平均),相加后经校准得到续保率;下表按平均影响排列。",
            "Each feature gives points (log-odds against the average); their sum is calibrated to a rate. Sorted by mean effect.",
        ),
        _features(trained, labels),
        _heading("不能做什么", "What it cannot do"),
        _both(
            "相关不是因果:它不说明致电或让利会带来什么。DMS 中无日期的资料(品牌、车牌、地址、初登日期、个人/单位)按现状使用。"
            "数据太少或没有更好的模型时,使用类别去年续保率,并在“倾向依据”中注明。",
            "It tells what goes together, not what a call or a concession would bring about. What the DMS tells without a date "
            "(brand, plate, address, first registration, person or company) is taken as it stands. With too little data, or no "
            "better model, the segment's rate of last year is used, and `propensity_basis` says so.",
        ),
    ]  # fmt: skip
    page = "\n".join(sections)
    return f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>续保倾向模型说明</title><style>{STYLE}</style>{page}</html>'


def _verdict(trained: Trained, before_as_of: date | None) -> tuple[str, str]:
    new, rate, other = (trained.figures[name].brier for name in ("model", "segment_rate", "logistic"))
    zh = f"启用理由:Brier {new:.4f},低于类别去年续保率 {rate:.4f}"
    en = f"Taken because its Brier score {new:.4f} is below {rate:.4f} of the segment's rate"
    if before := trained.figures.get("before"):
        zh += f",也低于原模型({before_as_of})的 {before.brier:.4f}"
        en += f" and below {before.brier:.4f} of the model of {before_as_of}"
    if other <= new:
        return (f"{zh}。注意:逻辑回归({other:.4f})不比本模型差。",
                f"{en}. Note: logistic regression ({other:.4f}) is no worse than this model.")  # fmt: skip
    return f"{zh},逻辑回归为 {other:.4f}。", f"{en}; logistic regression has {other:.4f}."


def calibration_plot(outcome: np.ndarray, rates: np.ndarray) -> str:
    """An SVG: mean estimate against actual rate of BINS groups of equally many vehicles."""
    size, margin = 320, 44
    order = np.argsort(rates, kind="stable")
    dots = []
    for group in np.array_split(order, BINS):
        if len(group):
            x, y = rates[group].mean(), outcome[group].mean()
            dots.append(
                f'<circle cx="{margin + x * size:.1f}" cy="{margin / 2 + (1 - y) * size:.1f}" r="5" fill="#1f6feb">'
                f"<title>{x:.1%} → {y:.1%} ({len(group):,})</title></circle>"
            )
    left, top, right, bottom = margin, margin / 2, margin + size, margin / 2 + size
    marks = "".join(
        f'<text x="{left + share * size:.0f}" y="{bottom + 16:.0f}" text-anchor="middle">{share:.0%}</text>'
        f'<text x="{left - 6:.0f}" y="{top + (1 - share) * size + 4:.0f}" text-anchor="end">{share:.0%}</text>'
        for share in (0, 0.25, 0.5, 0.75, 1)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{right + 20:.0f}" height="{bottom + 40:.0f}" font-size="11" '
        f'role="img" aria-label="calibration"><rect x="{left}" y="{top}" width="{size}" height="{size}" fill="none" '
        f'stroke="#999"/><line x1="{left}" y1="{bottom}" x2="{right}" y2="{top}" stroke="#bbb" stroke-dasharray="4"/>'
        f'{marks}{"".join(dots)}<text x="{left + size / 2}" y="{bottom + 34:.0f}" text-anchor="middle">'
        "估计续保率 estimated</text></svg>"
    )


def _by_segment(trained: Trained, labels: Labels) -> str:
    """Vehicles, estimated and actual rate, AUC and both Brier scores per segment; no AUC where all did the same."""
    segments = trained.hold_out["segment"]
    outcome, base = outcomes(trained.hold_out), numbers(trained.hold_out, "segment_rate")
    rows = []
    for segment in sorted(filter(None, pc.unique(segments).to_pylist())):
        mine = pc.equal(segments, segment).fill_null(False).to_numpy()
        both = len(np.unique(outcome[mine])) == 2
        auc = f"{figures(outcome[mine], trained.rates[mine]).auc:.3f}" if both else "–"
        brier = [((rates[mine] - outcome[mine]) ** 2).mean() for rates in (trained.rates, base)]
        cells = [f"{mine.sum():,}", f"{trained.rates[mine].mean():.1%}", f"{outcome[mine].mean():.1%}", auc]
        rows.append((_say(labels, f"segment.{segment}"), [*cells, *(f"{value:.4f}" for value in brier)]))
    heads = (("车辆数", "Vehicles"), ("估计", "Estimated"), ("实际", "Actual"), ("AUC", ""), ("Brier", ""),
             ("去年续保率的Brier", "Brier of last year's rate"))  # fmt: skip
    return _table(("客户类别", "Segment"), heads, rows)


def _features(trained: Trained, labels: Labels) -> str:
    rows = []
    for name, weight in sorted(trained.weights.items(), key=lambda item: (-item[1], item[0])):
        if weight >= 0.0005:
            rows.append((_say(labels, f"propensity_feature.{name}"), [f"{weight:.2f}", _points(trained, name, labels)]))
    return _table(("特征", "Feature"), (("平均影响", "Mean effect"), ("取值与分值", "Values and points")), rows)


def _points(trained: Trained, name: str, labels: Labels) -> str:
    """The points of a feature's values, in the page's own markup."""
    feature = trained.model.features[name]
    if isinstance(feature, Numbers):
        lows = ["", *(f"{bound:g}" for bound in feature.bounds)]
        highs = [*lows[1:], ""]
        given = [
            (f"{low}–" if not high else f"<{high}" if not low else f"{low}–<{high}", points)
            for low, high, points in zip(lows, highs, feature.points, strict=True)
        ]
    else:
        assert isinstance(feature, Words)
        given = [(labels.get(f"{name}.{word}", (word, word))[0], points) for word, points in feature.points.items()]
    given = [*given, ("未知 unknown", feature.unknown)]
    return " · ".join(
        f"{escape(text)} <span class={'up' if points > 0 else 'down'}>{points / MILLION:+.2f}</span>"
        for text, points in given
        if points
    )


def _say(labels: Labels, key: str) -> tuple[str, str]:
    return labels.get(key, (key.split(".", 1)[1],) * 2)


def _heading(zh: str, en: str) -> str:
    return f"<h2>{zh} <span class=en>{en}</span></h2>"


def _both(zh: str, en: str) -> str:
    return f"<p>{escape(zh)}<br><span class=en>{escape(en)}</span></p>"


def _words(pair: tuple[str, str]) -> str:
    return f"{escape(pair[0])} <span class=en>{escape(pair[1])}</span>" if pair[1] else escape(pair[0])


def _table(
    first: tuple[str, str], heads: Sequence[tuple[str, str]], rows: Sequence[tuple[tuple[str, str], Sequence[str]]]
) -> str:
    """Cells are the page's own markup or figures; names are escaped."""
    head = "".join(f"<th>{_words(pair)}</th>" for pair in (first, *heads))
    body = "".join(f"<tr><td>{_words(name)}</td>{''.join(map(_cell, cells))}</tr>" for name, cells in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(cell: str) -> str:
    return f"<td class=long>{cell}</td>" if len(cell) > 40 else f"<td>{cell}</td>"
