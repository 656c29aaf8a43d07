"""How long a night takes, against plain SQL: `make bench`, or `python -m tests.bench --help`.

Every measured night is really the next day of one sample group, so nothing but the new files is received. Wall and CPU
seconds are both kept: where other work shares the machine, CPU seconds are the ones to compare. Nothing here fails
because it is slow; speed targets are reported.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ingest.home import PROJECT, home, newest_received_on, read_json, write_json

FIRST_NIGHT = date(2026, 11, 24)
PACKAGES = ("apache-airflow", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "pandas", "pyarrow")
TARGETS = {"night_airflow": 60, "airflow_share": 25}
"""Seconds on two cores; reported against, never asserted."""

TITLES = {
    "first_night": "first night, whole history, without Airflow",
    "sample_day": "the sample group's next day (not part of the night)",
    "night_airflow": "whole night, warm, through Airflow",
    "airflow_share": "  of which Airflow: the night minus its steps",
    "night_one_process": "whole night, warm, steps in one process",
    "dbt_build": "dbt build (one child process)",
    "plain_sql": "plain DuckDB, the same compiled SQL",
    "baseline": "hand-written baseline of the core chain",
}

Sample = dict[str, float]
"""One run: wall `seconds`, and `cpu_seconds` where they are known."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.bench", description="Measure a night against plain SQL.")
    parser.add_argument("--vehicles", type=int, default=12000, help="size of the sample group (default: 12000)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each; medians are reported (default: 3)")
    parser.add_argument(
        "--home", type=Path, help="keep the data here and go on from its last night; default: temporary"
    )
    parser.add_argument("--json", type=Path, help="where to write the figures; default: state/bench.json of the home")
    parser.add_argument("--without-airflow", action="store_true", help="only the steps in one process")
    options = parser.parse_args(argv)
    target = options.json or (options.home.resolve() if options.home else home()) / "state" / "bench.json"
    with tempfile.TemporaryDirectory(prefix="xubao-bench-") as scratch:
        enter((options.home or Path(scratch)).resolve())
        report = measure(options.vehicles, options.runs, not options.without_airflow)
    write_json(target.absolute(), report)
    print(table(report))
    print(f"\nwritten to {target}")
    return 0


def enter(folder: Path) -> None:
    """Make `folder` the home, in the environment of a night, whatever this shell has set; connections are the sample's."""
    from dags.settings import environment

    for name in [name for name in os.environ if name.startswith(("XUBAO_", "AIRFLOW")) and name != "XUBAO_THREADS"]:
        del os.environ[name]
    os.environ["XUBAO_HOME"] = str(folder)
    os.environ.update(environment())


def measure(vehicles: int, runs: int, with_airflow: bool) -> dict[str, Any]:
    """Run everything and return the report."""
    found: dict[str, list[Sample]] = {}
    steps: dict[str, list[dict[str, float]]] = {}

    def record(name: str, work: Callable[[], Sample]) -> None:
        found.setdefault(name, []).append(work())
        print(f"bench     {TITLES[name].strip()}: {found[name][-1]['seconds']:.1f} s", flush=True)

    day = newest_received_on()
    if day is None:
        day = FIRST_NIGHT
        grow_sample(day, vehicles)
        record("first_night", lambda: timed_child("tests.bench.steps", str(day)))
    if with_airflow:
        from dags.__main__ import prepare_airflow

        prepare_airflow(dict(os.environ))

    nights = {"night_one_process": ["tests.bench.steps"]}
    if with_airflow:
        nights["night_airflow"] = ["dags", "--as-of"]
    for _ in range(runs):
        for name, command in nights.items():
            day += timedelta(days=1)
            record("sample_day", lambda day=day: timed_here(lambda: grow_sample(day, vehicles)))
            record(name, lambda command=command, day=day: timed_child(*command, str(day)))
            steps.setdefault(name, []).append(seconds_per_step(day))
    if with_airflow:
        found["airflow_share"] = airflow_share(found, steps)

    counts, inside_dbt = compare(day, runs, record)
    return {
        "machine": machine(),
        "sample": {"vehicles": vehicles, "as_of": str(day), **counts},
        "runs": {name: summarized(samples) for name, samples in found.items()},
        "steps": {name: per_step(samples) for name, samples in steps.items()},
        "dbt": inside_dbt,
        "ratios": ratios(found),
        "targets": {
            name: {"target": limit, "median": median(found[name]), "is_met": median(found[name]) <= limit}
            for name, limit in TARGETS.items()
            if name in found
        },
    }


def airflow_share(found: dict[str, list[Sample]], steps: dict[str, list[dict[str, float]]]) -> list[Sample]:
    """Wall: the night minus its steps, so imports before a step count as Airflow's. CPU: minus the same in one process."""
    pairs = zip(found["night_airflow"], found["night_one_process"], steps["night_airflow"], strict=True)
    return [
        {"seconds": night["seconds"] - sum(run.values()), "cpu_seconds": night["cpu_seconds"] - bare["cpu_seconds"]}
        for night, bare, run in pairs
    ]


def compare(as_of: date, runs: int, record: Callable[[str, Callable[[], Sample]], None]) -> tuple[dict, dict]:
    """dbt, plain SQL and the baseline over the inputs of one night; what they counted, and seconds inside dbt."""
    from ingest.selection import select
    from tests.bench.plain import kpi_totals

    for _ in range(runs):
        build = select(as_of)  # a new, empty build folder each time
        record("dbt_build", lambda build=build: timed_child("dbt_project.build", "--build", str(build)))
    child("tests.bench.plain", "compile", str(build))
    outcomes: dict[str, dict[str, Any]] = {}

    def reported(part: str) -> Sample:
        outcomes[part] = json.loads(child("tests.bench.plain", part, str(build)))
        return {key: outcomes[part][key] for key in ("seconds", "cpu_seconds")}

    for _ in range(runs):
        record("plain_sql", lambda: reported("run"))
        record("baseline", lambda: reported("baseline"))

    due, renewed, estimated = kpi_totals(build)
    counts = {
        "files": sum(len(paths) for paths in read_json(build / "inputs.json")["entities"].values()),
        "tables": outcomes["run"]["tables"],
        "kpi": {"due_vehicles": due, "renewed_here": renewed, "estimated_vehicles": estimated},
        "plain_sql": dict(zip(("due_vehicles", "renewed_here"), outcomes["run"]["totals"], strict=False)),
        "baseline": dict(zip(("due_vehicles", "renewed_here"), outcomes["baseline"]["totals"], strict=True)),
    }
    return counts, seconds_inside_dbt(read_json(build / "run_results.json"))


def grow_sample(day: date, vehicles: int) -> None:
    """Let the sample group's systems write what they know by `day`; afterwards `python -m dags` leaves them alone."""
    from dags.__main__ import prepare_sample
    from ingest.places.connections import connections_file
    from ingest.sample import grow

    grow(home(), day, vehicles=vehicles)
    os.environ.pop("XUBAO_CONNECTIONS", None)
    prepare_sample(day)  # writes the connections
    os.environ["XUBAO_CONNECTIONS"] = str(connections_file())


def child(module: str, *arguments: str) -> str:
    """Run `python -m module` to its end and return what it printed; stop the benchmark if it fails."""
    done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=PROJECT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"python -m {module} {' '.join(arguments)} failed:\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def timed_child(module: str, *arguments: str) -> Sample:
    """Wall and CPU seconds of a child and all its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = timed_here(lambda: child(module, *arguments))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": run["seconds"], "cpu_seconds": used}


def timed_here(work: Callable[[], Any]) -> Sample:
    """Wall seconds of a call, and the CPU seconds of this process."""
    started, used = time.perf_counter(), time.process_time()
    work()
    return {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - used}


def seconds_per_step(day: date) -> dict[str, float]:
    """Wall seconds of the steps of one night."""
    files = sorted((home() / "state" / "steps" / str(day)).glob("*.json"))
    return {read["step"]: read["seconds"] for read in map(read_json, files)}


def seconds_inside_dbt(results: dict[str, Any], slowest: int = 10) -> dict[str, Any]:
    """Nodes and seconds per kind of node (threads overlap), and the slowest nodes."""
    kinds: dict[str, dict[str, float]] = {}
    for node in results["nodes"]:
        kind = kinds.setdefault(node["resource_type"], {"nodes": 0, "seconds": 0.0})
        kind["nodes"] += 1
        kind["seconds"] = round(kind["seconds"] + node["seconds"], 3)
    nodes = sorted(results["nodes"], key=lambda node: -node["seconds"])[:slowest]
    return {"kinds": kinds, "slowest": {node["name"]: node["seconds"] for node in nodes}}


def summarized(samples: Sequence[Sample]) -> dict[str, Any]:
    """Median, min and max of each measure."""
    return {
        key: {"median": median(samples, key), **{f.__name__: round(f(s[key] for s in samples), 3) for f in (min, max)}}
        for key in samples[0]
    } | {"count": len(samples)}


def per_step(samples: Sequence[dict[str, float]]) -> dict[str, float]:
    """Median seconds of each step."""
    names = sorted({name for sample in samples for name in sample})
    return {name: median([{"seconds": s[name]} for s in samples if name in s]) for name in names}


def median(samples: Sequence[Sample], key: str = "seconds") -> float:
    return round(statistics.median(sample[key] for sample in samples), 3)


def ratios(found: dict[str, list[Sample]]) -> dict[str, dict[str, float]]:
    """Medians divided, by wall and by CPU seconds."""
    pairs = [(name, "plain_sql") for name in ("night_airflow", "night_one_process", "dbt_build")]
    pairs += [(name, "baseline") for name in ("night_airflow", "night_one_process")]
    return {
        f"{above}/{below}": {
            key: round(median(found[above], key) / median(found[below], key), 2) for key in ("seconds", "cpu_seconds")
        }
        for above, below in pairs
        if above in found
    }


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": [round(value, 1) for value in os.getloadavg()],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def table(report: dict[str, Any]) -> str:
    """The report as aligned lines."""
    facts = report["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    sample = report["sample"]
    lines = [
        "",
        f"{facts['cores']} cores (load {facts['load'][0]}), {facts['system']}, Python {facts['python']}, {versions}",
        f"{sample['vehicles']:,} vehicles, {sample['files']} raw files in force, {sample['tables']} tables, "
        f"as_of {sample['as_of']}",
        "",
        f"{'seconds':52} {'median':>8} {'min':>8} {'max':>8} {'cpu':>8} {'runs':>5}",
    ]
    for name, title in TITLES.items():
        if run := report["runs"].get(name):
            wall = run["seconds"]
            cpu = f"{run['cpu_seconds']['median']:8.2f}" if "cpu_seconds" in run else " " * 8
            lines.append(
                f"{title:52} {wall['median']:8.2f} {wall['min']:8.2f} {wall['max']:8.2f} {cpu} {run['count']:5}"
            )
    names = list(report["steps"])
    lines += [
        "",
        f"{'seconds per step (median)':30}" + "".join(f" {name.removeprefix('night_'):>12}" for name in names),
    ]
    rows = sorted(report["steps"][names[-1]].items(), key=lambda row: -row[1])
    for step, _ in rows:
        lines.append(f"{step:30}" + "".join(f" {report['steps'][name].get(step, 0):12.2f}" for name in names))
    lines.append(f"{'together':30}" + "".join(f" {sum(report['steps'][name].values()):12.2f}" for name in names))
    lines += ["", f"{'inside dbt (seconds of two threads)':36} {'nodes':>6} {'seconds':>8}"]
    for kind, told in report["dbt"]["kinds"].items():
        lines.append(f"{kind:36} {told['nodes']:6} {told['seconds']:8.2f}")
    lines += ["", f"{'ratio':36} {'wall':>8} {'cpu':>8}"]
    for name, ratio in report["ratios"].items():
        lines.append(f"{name.replace('/', ' ÷ '):36} {ratio['seconds']:8.2f} {ratio['cpu_seconds']:8.2f}")
    lines += ["", f"{'counted':36} {'due':>8} {'renewed':>8}"]
    for name in ("kpi", "plain_sql", "baseline"):
        lines.append(f"{name:36} {sample[name]['due_vehicles']:8,} {sample[name]['renewed_here']:8,}")
    lines.append(
        f"  (of the KPI's due vehicles {sample['kpi']['estimated_vehicles']:,} are estimated: not in the baseline)"
    )
    if report["targets"]:
        lines.append("")
    for name, told in report["targets"].items():
        verdict = "met" if told["is_met"] else "missed"
        lines.append(f"target {TITLES[name].strip()}: <= {told['target']} s, is {told['median']:.1f} s: {verdict}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
