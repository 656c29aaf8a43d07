"""How long reception takes for one huge file of each kind, whole process: `python -m tests.bench.reading --help`.

    policies    1,000,000 policies, GB18030 CSV of insurer A's layout           target 20 s
    calls       10,000,000 call legs, Asterisk's cdr_csv                        target 150 s, at most 3 GB
    workbook    100,000 rows of xlsx in insurer B's layout                      target 20 s

Reading, typing, checking and storing, with one row in a hundred that breaks a rule. `expectations` is the share of the
wall time in which Great Expectations judged; it overlaps with reading.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from ingest.home import PROJECT, home, write_json

AS_OF = date(2026, 11, 24)
TARGETS = {"policies": (1_000_000, 20, None), "calls": (10_000_000, 150, 3.0), "workbook": (100_000, 20, None)}
"""Rows, seconds and GB of the issue; reported against, never asserted."""

VIN = "printf('LSVAA2187C2%06d', i % 1000000)"
POLICY = f"""
    select '1203052026' || printf('%012d', i) as 保单号, '' as 批单号, '' as 批改类型,
        if(i % 2 = 0, '商业险', '交强险') as 险种, ['新保', '首次投保', '续保', '转保'][1 + i % 4] as 业务类型,
        printf('%03d', 1 + i % 200) as 出单网点, {VIN} as 车架号, printf('陕A%05d', i % 100000) as 车牌号,
        '王' || chr(19968 + (i % 5000)::int) as 被保险人,
        if(i % 200 = 7, '12345', printf('13%09d', i * 7919 % 1000000000)) as 联系电话,
        strftime(date '2025-01-01' + (i % 600)::int, '%Y-%m-%d') as 签单日期,
        strftime(date '2025-02-01' + (i % 600)::int, '%Y-%m-%d') as 起保日期,
        if(i % 200 = 9, '2026-02-30', strftime(date '2026-01-31' + (i % 600)::int, '%Y-%m-%d')) as 终保日期,
        printf('%.2f', 900 + i % 700000 / 100) as 签单保费, printf('%.2f', (300 + i % 200)::double) as 车船税,
        '0.15' as 手续费率, if(i % 2 = 0, '车辆损失险、第三者责任险、车上人员责任险(司机)', '交强险') as 承保险别,
        (i % 3)::varchar as 上年出险次数, '1203052025' || printf('%012d', i) as 上年保单号
    from range({{rows}}) as t(i)
"""
CALL = """
    select printf('%03d', 1 + i % 200), (8000 + i % 400)::varchar, printf('13%09d', i // 2 * 7919 % 1000000000),
        'from-internal', printf('"8%03d" <8%03d>', i % 400, i % 400), printf('SIP/8%03d-%08x', i % 400, i), 'SIP/trunk',
        'Dial', 'SIP/trunk/x,60', strftime(t0 + to_seconds(i // 2), '%Y-%m-%d %H:%M:%S'),
        if(i % 3 = 0, '', strftime(t0 + to_seconds(i // 2 + 9), '%Y-%m-%d %H:%M:%S')),
        if(i % 100 = 3, '2026-13-01 00:00:00', strftime(t0 + to_seconds(i // 2 + 60), '%Y-%m-%d %H:%M:%S')),
        60, if(i % 3 = 0, 0, 51), if(i % 3 = 0, 'NO ANSWER', 'ANSWERED'), 'DOCUMENTATION',
        printf('176%07d.%d', i, i % 9), printf('c%09d', i // 2)
    from range({rows}) as t(i), (select timestamp '2026-10-01 00:00:00' as t0)
"""


def make_policies(folder: Path, rows: int) -> None:
    """Insurer A's list, with its totals row."""
    plain = folder / "plain.csv"
    duckdb.execute(f"copy ({POLICY.format(rows=rows)}) to '{plain}' (header, delimiter ',')")
    with plain.open(encoding="utf-8") as read, (folder / "保单清单_20261123.csv").open("w", encoding="gb18030") as out:
        while piece := read.read(1 << 22):
            out.write(piece.replace("\n", "\r\n"))
        out.write("合计" + "," * 18 + "\r\n")
    plain.unlink()


def make_calls(folder: Path, rows: int) -> None:
    """The phone system's log: every text quoted, no header."""
    target = folder / "cdr-20261123.csv"
    duckdb.execute(f"copy ({CALL.format(rows=rows)}) to '{target}' (header false, delimiter ',', force_quote *)")


def make_workbook(folder: Path, rows: int) -> None:
    """Insurer B's workbook: policies below a title, no quotes."""
    import xlsxwriter

    names = "保单号码 批单号码 批改类别 险类 新续保标志 网点代码 车架号/VIN码 号牌号码 投保人名称 手机号码 签单时间 保险起期 保险止期 保费合计 代缴车船税 佣金比例 险别明细 历史出险"
    result = duckdb.sql(POLICY.format(rows=rows) + " order by i").fetchall()
    with xlsxwriter.Workbook(folder / "平安续保_20261123.xlsx", {"constant_memory": True}) as book:
        page, day = book.add_worksheet("保单"), book.add_format({"num_format": "yyyy-mm-dd"})
        page.write(0, 0, "平安续保清单")
        page.write_row(1, 0, names.split())
        for y, row in enumerate(result, 2):
            for x, cell in enumerate(row[:18]):
                if x in (10, 11, 12) and cell != "2026-02-30":
                    page.write_number(y, x, (date.fromisoformat(cell) - date(1899, 12, 30)).days, day)
                elif x in (13, 14, 15, 17):
                    page.write_number(y, x, float(cell))
                else:
                    page.write_string(y, x, cell)
        book.add_worksheet("报价").write_row(
            0, 0, ["报价单号", "网点代码", "车架号", "询价时间", "报价时间", "商业险保费", "交强险保费"]
        )


FILES: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    "policies": ("picc", make_policies), "calls": ("phone", make_calls), "workbook": ("pingan", make_workbook),
}  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.reading", description="Measure the reception of huge files.")
    parser.add_argument("kinds", nargs="*", choices=[*FILES, []], help="which of them (default: all)")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the rows (default: 1)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each; medians are reported (default: 3)")
    parser.add_argument("--json", type=Path, help="where to write the figures; default: state/bench_reading.json")
    parser.add_argument("--child", nargs=2, metavar=("SOURCE", "HOME"), help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.child:
        return receive_once(*options.child)
    target = options.json or home() / "state" / "bench_reading.json"
    report = {kind: measure(kind, options.scale, options.runs) for kind in options.kinds or FILES}
    write_json(target.absolute(), report)
    print(table(report))
    return 0


def measure(kind: str, scale: float, runs: int) -> dict[str, Any]:
    """Make the file, receive it `runs` times in a fresh process and home each; medians."""
    from statistics import median

    rows, seconds, gigabytes = TARGETS[kind]
    rows = int(rows * scale)
    source, make = FILES[kind]
    with tempfile.TemporaryDirectory(prefix="xubao-bench-") as scratch:
        outbox = Path(scratch) / "outbox"
        outbox.mkdir()
        make(outbox, rows)
        size = sum(file.stat().st_size for file in outbox.iterdir())
        found = [received(source, Path(scratch) / f"home{run}", outbox) for run in range(runs)]
    medians = {key: median(run[key] for run in found) for key in found[0]}
    print(f"bench     {kind}: {medians['seconds']:.1f} s", flush=True)
    return {"rows": rows, "megabytes": size / 1e6, "target_seconds": seconds * scale, "target_gb": gigabytes, **medians}


def received(source: str, folder: Path, outbox: Path) -> dict[str, float]:
    """One reception in a process of its own: wall and CPU seconds, peak memory, seconds of Great Expectations."""
    place = json.dumps({"conn_type": "file", "extra": {"path": str(outbox)}})
    env = {name: value for name, value in os.environ.items() if not name.startswith(("XUBAO_", "AIRFLOW"))}
    env |= {"XUBAO_HOME": str(folder), f"AIRFLOW_CONN_{source.upper()}_OUTBOX": place, "AIRFLOW_HOME": str(folder)}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.reading", "--child", source, str(folder)],
        cwd=PROJECT, env=env, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    out, _ = process.communicate()
    wall = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"receiving {source} failed:\n{out}")
    return {"seconds": wall, **json.loads(out.splitlines()[-1])}


def receive_once(source: str, folder: str) -> int:
    """In the child: receive, and say what it took."""
    from expectations import gate, reception

    judging = 0.0
    judge = gate.judge

    def timed(*given: Any, **named: Any) -> Any:
        nonlocal judging
        started = time.perf_counter()
        try:
            return judge(*given, **named)
        finally:
            judging += time.perf_counter() - started

    gate.judge = timed  # type: ignore[assignment]
    outcome = reception.receive(source, AS_OF)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "cpu_seconds": used.ru_utime + used.ru_stime,
                "peak_gb": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9,
                "expectations": judging,
                "loaded": outcome["loaded"],
            }
        )
    )
    return 0


def table(report: dict[str, Any]) -> str:
    """The report as aligned lines."""
    head = f"{'':10} {'rows':>12} {'MB':>7} {'seconds':>8} {'target':>7} {'cpu':>7} {'GB':>5} {'expectations':>13}"
    lines = ["", head]
    for kind, told in report.items():
        lines.append(
            f"{kind:10} {told['rows']:12,} {told['megabytes']:7,.0f} {told['seconds']:8.1f} {told['target_seconds']:7.1f}"
            f" {told['cpu_seconds']:7.1f} {told['peak_gb']:5.2f} {told['expectations']:13.1f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
