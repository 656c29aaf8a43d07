"""The metric dictionary: one definition of each KPI, in Chinese and English, and on which marts it stands.

A metric is declared once, in `config.meta.metrics` of the mart it belongs to; other marts that carry it name it only.
value = sum(numerator) ÷ sum(denominator), or sum(numerator); `column` is where a mart stores it, and a metric that
has only a column cannot be summed (a median, a forecast, a target rate).

    python -m exports.metrics > docs/marts.md    writes the map of the tables again
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from exports.cells import csv_text
from exports.dictionary import chinese, declared_models, meta
from ingest.home import PROJECT

Labels = Mapping[str, tuple[str, str]]  # key of dim_label -> (Chinese, English)

HEADER = (
    "metric", "zh", "en", "formula_zh", "formula_en", "unit_zh", "unit_en", "better",
    "mart", "numerator", "denominator", "column", "grain", "grain_zh", "source", "also_in",
)  # fmt: skip
STYLE = """body{font-family:system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2rem;max-width:84rem;color:#222}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}td,th{border:1px solid #ccc;padding:.3rem .6rem;text-align:left;
vertical-align:top}th{background:#f2f2f2}small,.en{color:#666}code{font-size:.9em}h3{margin-bottom:.2rem}"""


@dataclass(frozen=True)
class Metric:
    """One KPI. numerator, denominator and column are columns of `mart`; also_in: other marts that carry it.

    better: "higher", "lower" or "" where neither is; source: line of the plans (L209) or section of DOMAIN (§7).
    """

    name: str
    zh: str
    en: str
    formula_zh: str
    formula_en: str
    unit: str
    source: str
    mart: str
    numerator: str = ""
    denominator: str = ""
    column: str = ""
    better: str = ""
    also_in: tuple[str, ...] = ()


def metrics() -> list[Metric]:
    """All metrics by name. Raises TypeError if a declaration has a field that is none, or lacks one."""
    declared, carried = [], {}
    for mart, model in declared_models().items():
        for metric in meta(model).get("metrics") or []:
            if isinstance(metric, str):
                carried.setdefault(metric, []).append(mart)
            else:
                declared.append((mart, metric))
    return sorted(
        (
            Metric(**metric, mart=mart, also_in=tuple(sorted(carried.get(metric["name"], []))))
            for mart, metric in declared
        ),
        key=lambda metric: metric.name,
    )


def grain(mart: str) -> tuple[str, ...]:
    """The columns that tell two rows of a mart apart, as its test one_row_per says."""
    for test in declared_models()[mart].get("data_tests") or []:
        if isinstance(test, Mapping) and "one_row_per" in test:
            return tuple(test["one_row_per"]["arguments"]["keys"])
    return ()


def grain_zh(mart: str) -> str:
    """The grain in Chinese: 门店 × 客户类别 × 到期月."""
    names = {column["name"]: chinese(column) for column in declared_models()[mart]["columns"]}
    return " × ".join(names[column] for column in grain(mart))


def metrics_csv(labels: Labels) -> bytes:
    """CSV of all metrics, one row each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for metric in metrics():
        unit = labels.get(f"unit.{metric.unit}", (metric.unit,) * 2)
        writer.writerow(map(csv_text, (
            metric.name, metric.zh, metric.en, metric.formula_zh, metric.formula_en, *unit, metric.better,
            metric.mart, metric.numerator, metric.denominator, metric.column,
            " × ".join(grain(metric.mart)), grain_zh(metric.mart), metric.source, " ".join(metric.also_in),
        )))  # fmt: skip
    return text.getvalue().encode()


def metrics_page(labels: Labels) -> bytes:
    """One page for the file system: every area with its marts, every mart with its grain and its metrics."""
    of_mart: dict[str, list[Metric]] = {}
    for metric in metrics():
        for mart in (metric.mart, *metric.also_in):
            of_mart.setdefault(mart, []).append(metric)
    parts = [
        f'<!DOCTYPE html>\n<html lang="zh"><head><meta charset="utf-8"><title>指标字典 · Metrics</title><style>{STYLE}'
        "</style></head><body><h1>指标字典 <small>Metric dictionary</small></h1><p>每个指标只有一个定义;合计时先对分子、"
        "分母各自求和,再相除,不对比率取平均。<br><span class=en>Each metric has one definition. For totals sum numerator "
        "and denominator first, then divide; a ratio is never averaged.</span></p>"
    ]
    for (room, area), marts in _areas().items():
        zh, en = labels.get(f"area.{area}", (area, area))
        if room == "restricted":
            zh, en = f"{zh}(限指定人员)", f"{en} (named readers only)"
        parts.append(f"<h2>{escape(zh)} <small>{escape(en)}</small></h2>")
        parts += [_mart_section(mart, model, of_mart.get(mart, []), labels) for mart, model in marts]
    return ("\n".join(parts) + "\n</body></html>\n").encode()


def marts_map() -> str:
    """docs/marts.md: every table that goes out, by area, with its grain and its metrics, as Markdown."""
    seed = PROJECT / "dbt_project" / "seeds" / "label.csv"
    with seed.open(encoding="utf-8", newline="") as file:
        labels = {row["key"]: (row["zh"], row["en"]) for row in csv.DictReader(file)}
    of_mart: dict[str, list[str]] = {}
    for metric in metrics():
        of_mart.setdefault(metric.mart, []).append(metric.zh)
    parts = [
        "# 找表 · Which table\n\nEvery table of the published warehouse by area, with what one row is. `kpi_*` also come out as\n"
        "CSV. Each metric stands with the table that defines it; formulas are in `metrics.csv` and on the page\n"
        "`metrics.html` of every night, columns in `dictionary.csv`. Written by `python -m exports.metrics > docs/marts.md`."
    ]
    for (room, area), marts in _areas().items():
        zh, en = labels[f"area.{area}"]
        parts.append(f"## {zh} {en}{' · restricted.duckdb' if room == 'restricted' else ''}")
        lines = ["| 表 | 中文 | 一行是 | 指标 |", "|---|---|---|---|"]
        for mart, model in marts:
            lines.append(f"| `{mart}` | {chinese(model)} | {grain_zh(mart)} | {'、'.join(of_mart.get(mart, []))} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _areas() -> dict[tuple[str, str], list[tuple[str, Mapping[str, Any]]]]:
    """(room, area) -> its marts."""
    areas: dict[tuple[str, str], list[tuple[str, Mapping[str, Any]]]] = {}
    for mart, model in sorted(declared_models().items()):
        if model["room"] in ("marts", "restricted"):
            areas.setdefault((model["room"], model["area"]), []).append((mart, model))
    return dict(sorted(areas.items()))


def _mart_section(mart: str, model: Mapping[str, Any], metrics: Sequence[Metric], labels: Labels) -> str:
    about = escape(" ".join(str(model["description"]).split()))
    links = [f'<a href="dbt/index.html#!/model/model.xubao.{mart}">dbt</a>']
    if mart.startswith("kpi_") and model["room"] == "marts":
        links.append(f'<a href="../extracts/{mart}.csv">CSV</a>')
    head = (
        f'<h3 id="{mart}">{escape(chinese(model))} <code>{mart}</code></h3>'
        f"<p>粒度 grain:{escape(grain_zh(mart))} <code>({', '.join(grain(mart))})</code> {' '.join(links)}<br>"
        f"<span class=en>{about}</span></p>"
    )
    return head + (_metric_table(mart, metrics, labels) if metrics else "")


def _metric_table(mart: str, metrics: Sequence[Metric], labels: Labels) -> str:
    lines = []
    for metric in metrics:
        unit = " ".join(labels.get(f"unit.{metric.unit}", (metric.unit, "")))
        better = " ".join(labels[f"better.{metric.better}"]) if metric.better else ""
        home = "" if metric.mart == mart else f' <a href="#{metric.mart}">↑ {metric.mart}</a>'
        columns = " ÷ ".join(part for part in (metric.numerator, metric.denominator) if part) or metric.column
        lines.append(
            f"<tr><td>{escape(metric.zh)}<br><span class=en>{escape(metric.en)}</span><br><code>{metric.name}</code>{home}"
            f"</td><td>{escape(metric.formula_zh)}<br><span class=en>{escape(metric.formula_en)}</span></td>"
            f"<td><code>{columns}</code></td><td>{escape(unit)}</td><td>{escape(better)}</td>"
            f"<td>{escape(metric.source)}</td></tr>"
        )
    return (
        "<table><tr><th>指标 Metric</th><th>定义 Definition</th><th>列 Columns</th><th>单位 Unit</th>"
        f"<th>方向 Better</th><th>出处 Source</th></tr>{''.join(lines)}</table>"
    )


if __name__ == "__main__":
    sys.stdout.write(marts_map())
