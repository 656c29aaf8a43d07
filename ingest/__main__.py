"""Commands about sources: python -m ingest draft FILE... · python -m ingest try SPEC FILE... · python -m ingest reindex

draft    write a spec for unknown files: what could be found out of them, and what is open
try      what would load of these files and what would not, under this spec; touches nothing
reindex  throw away the index of what was received and make it anew from the sidecars
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ingest", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    drafting = commands.add_parser("draft", help="a spec for unknown files of one source, to be completed")
    drafting.add_argument("file", nargs="+", type=Path, help="exports of one source")
    drafting.add_argument("--out", type=Path, help="where the spec is written to; by default it is printed")
    drafting.add_argument("--name", help="name of the source")
    drafting.add_argument("--entity", help="the entity, where it is known")
    trying = commands.add_parser("try", help="what would load of these files, without touching anything")
    trying.add_argument("spec", help="a source spec (*.yaml)")
    trying.add_argument("file", nargs="+", help="files as the source names them")
    commands.add_parser("reindex", help="make the index of what was received anew")
    options = parser.parse_args()
    if options.command == "reindex":
        from ingest.batches import reindex

        print(f"索引已重建 · index made anew: {reindex()} files")
        return 0
    if options.command == "draft":
        from ingest.drafting.command import write_draft

        return write_draft(options.file, options.out, options.name, options.entity)
    # the gate belongs to expectations, which ingest does not import
    command = [sys.executable, "-m", "expectations.trying", options.spec, *options.file]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
