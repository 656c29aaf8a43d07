"""One `dbt build` in one process of its own (only its exit frees the DuckDB files).

    python -m dbt_project.build --build DIR [--threads N] [--docs]

DIR is a build folder with `inputs.json`. Afterwards it holds analytics.duckdb, restricted.duckdb, work.duckdb (seeds,
what the night archives; with XUBAO_INTERMEDIATE=work also staging and intermediate, else they are gone) and
`run_results.json`: status, seconds, and per node its status, seconds and failures; with --docs also
docs/dbt/index.html. Prints nothing on success.
Exit code 0: built and every test passed (warnings allowed); 1: a model or a test of ours failed.

Messages never carry values: DuckDB quotes what it could not convert, so they are masked before they leave.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent

# These are raised before any row is read, so they can quote names only.
ABOUT_THE_SQL = ("Parser Error", "Binder Error", "Catalog Error", "Compilation Error")
NOISE = re.compile(r"\n\s*(Candidate functions:|\t| +> ).*")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
NOT_PROSE = re.compile(r"\S*[^\x00-\x7f]\S*|\S*\d\S*")


def build(folder: Path, threads: int, unit_tests: bool = False, select: str | None = None, docs: bool = False) -> int:
    """Run dbt in `folder` (a build folder); returns the exit code, and leaves run_results.json."""
    folder = folder.resolve()
    home = Path(os.environ.get("XUBAO_HOME") or "var").absolute()
    os.environ["XUBAO_HOME"] = str(home)
    os.environ["XUBAO_THREADS"] = str(threads)
    if key_file := os.environ.get("XUBAO_KEY_FILE"):
        os.environ["XUBAO_KEY_FILE"] = str(Path(key_file).absolute())
    os.environ["DO_NOT_TRACK"] = "1"
    os.chdir(folder)
    if str(PROJECT.parent) not in sys.path:
        sys.path.insert(0, str(PROJECT.parent))

    from dbt.cli.main import dbtRunner

    started = time.perf_counter()
    parsed = dbtRunner().invoke(arguments(home, threads, "parse"))
    outcome = parsed
    if parsed.success:
        runner = dbtRunner(manifest=parsed.result)
        outcome = runner.invoke(arguments(home, threads, "build", *chosen(unit_tests, select)))
    nodes = [node_summary(result) for result in getattr(outcome.result, "results", None) or []]
    summary = {
        "status": "success" if outcome.success else "failed",
        "seconds": round(time.perf_counter() - started, 3),
        "nodes": nodes,
    }
    if outcome.exception is not None:
        summary["error"] = masked(str(outcome.exception))
    temporary = folder / "run_results.json.tmp"
    temporary.write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, folder / "run_results.json")

    if not outcome.success:
        report(summary)
        return 1
    if docs:
        from dbt_project.docs import write_page
        from dbt_project.propensity.page import write_card

        catalog = runner.invoke(arguments(home, threads, "docs", "generate", "--no-compile"))
        if not catalog.success:
            raise RuntimeError(f"dbt could not list the columns it built: {masked(str(catalog.exception))}")
        write_page(folder / "docs" / "dbt" / "index.html", parsed.result, catalog.result)
        write_card(folder, home)
    return 0


def chosen(unit_tests: bool, select: str | None) -> list[str]:
    """Which nodes dbt builds."""
    excluded = ["exposure"] if unit_tests else ["exposure", "unit_test"]  # nothing is built for an exposure
    kinds = [part for kind in excluded for part in ("--exclude-resource-type", kind)]
    return [*kinds, "--select", *select.split()] if select else kinds


def arguments(home: Path, threads: int, *command: str) -> list[str]:
    """What dbt is called with; results are written by us, not by dbt, because its files quote values."""
    return [
        "--log-level", "none", "--log-level-file", "none", "--no-write-json", "--no-print", "--no-version-check",
        "--no-use-colors", "--no-send-anonymous-usage-stats", "--log-path", str(home / "logs"),
        *command,
        "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
        "--target-path", str(home / "state" / "dbt"), "--threads", str(threads),
    ]  # fmt: skip


def node_summary(result: Any) -> dict[str, Any]:
    """One node's name, kind, status, seconds, failures and, if it did not succeed, its masked message."""
    node = result.node
    summary = {
        "name": node.name,
        "resource_type": str(node.resource_type),
        "path": node.original_file_path,
        "status": str(result.status),
        "seconds": round(result.execution_time, 3),
    }
    if result.failures:
        summary["failures"] = result.failures
    if summary["status"] not in ("success", "pass", "skipped"):
        is_fixture = summary["resource_type"] == "unit_test"  # made-up rows, and the difference is what one needs
        summary["message"] = (result.message or "").strip() if is_fixture else masked(result.message or "")
    return summary


def masked(message: str) -> str:
    """The message without anything that could be a value; what is wrong with the SQL itself stays readable."""
    if any(kind in message for kind in ABOUT_THE_SQL):
        return NOISE.sub("", message).strip()
    return NOT_PROSE.sub("…", QUOTED.sub("'…'", message)).strip()


def report(summary: dict[str, Any]) -> None:
    """Say on stderr what failed, where, and what is in force."""
    lines = ["dbt build failed: nothing is published, the last published night stays in force."]
    if error := summary.get("error"):
        lines.append(error)
    for node in summary["nodes"]:
        if node["status"] in ("error", "fail"):
            failures = f", {node['failures']} rows" if "failures" in node else ""
            lines.append(f"  {node['resource_type']} {node['name']} ({node['path']}): {node['status']}{failures}")
            lines.extend(f"      {line}" for line in node["message"].splitlines())
    print("\n".join(lines), file=sys.stderr)


class BuildFailedError(RuntimeError):
    """A model or one of our own tests failed; the message names it and carries no values."""


def build_step(as_of: str) -> str:
    """Select the inputs of a night and build the warehouse in a child process; return the build folder's path."""
    from ingest.home import log, read_json, step
    from ingest.selection import select

    day = date.fromisoformat(as_of)
    with step(day, "select"):
        folder = select(day)
    with step(day, "build"):
        command = [sys.executable, "-m", "dbt_project.build", "--build", str(folder), "--docs"]
        child = subprocess.run(command, cwd=PROJECT.parent, capture_output=True, text=True, encoding="utf-8")
        if child.returncode:
            raise BuildFailedError(child.stderr[-4000:])
        done = read_json(folder / "run_results.json")
        log("build", f"{len(done['nodes'])} models and tests in {done['seconds']} s")
    return str(folder)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="dbt_project.build", description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True, metavar="DIR", help="build folder with inputs.json")
    parser.add_argument("--threads", type=int, default=int(os.environ.get("XUBAO_THREADS") or 2))
    parser.add_argument("--unit-tests", action="store_true", help="run the unit tests too (not in the night)")
    parser.add_argument("--select", metavar="NODES", help="only these nodes, in dbt's selection syntax")
    parser.add_argument("--docs", action="store_true", help="write dbt's documentation too, as one page")
    options = parser.parse_args(argv)
    return build(options.build, options.threads, options.unit_tests, options.select, options.docs)


if __name__ == "__main__":
    sys.exit(main())
