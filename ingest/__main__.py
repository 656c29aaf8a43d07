"""Commands about sources: python -m ingest try SPEC FILE... · python -m ingest reindex

try      what would load of these files and what would not, under this spec; touches nothing
reindex  throw away the index of what was received and make it anew from the sidecars
"""

from __future__ import annotations

import argparse
import subprocess
import sys


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ingest", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    trying = commands.add_parser("try", help="what would load of these files, without touching anything")
    trying.add_argument("spec", help="a source spec (*.yaml)")
    trying.add_argument("file", nargs="+", help="files as the source names them")
    commands.add_parser("reindex", help="make the index of what was received anew")
    options = parser.parse_args()
    if options.command == "reindex":
        from ingest.batches import reindex

        print(f"索引已重建 · index made anew: {reindex()} files")
        return 0
    # the gate belongs to expectations, which ingest does not import
    command = [sys.executable, "-m", "expectations.trying", options.spec, *options.file]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
