"""The only way the night reaches SQL: session variables, set on every cursor (cursors do not inherit them).

    as_of               DATE, the day whose morning the night prepares
    inputs              MAP of VARCHAR: 'raw_<entity>' -> absolute paths of the entity's raw Parquet files in force, one
                        a line (the first is an empty typed one); 'archive_<what>' -> what earlier nights archived
    key_ipad, key_opad  the pseudonym key, padded as HMAC-SHA256 (RFC 2104) wants it, BLOBs

They come from `inputs.json` in the working folder, XUBAO_HOME and XUBAO_KEY_FILE; SQL sees them through the
macros as_of(), raw(), archive() and pseudonym() only, which unit tests override.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

KEY_BYTES = 32
HMAC_BLOCK_BYTES = 64


class InputsUnreadableError(RuntimeError):
    """The build folder, the home or the key is not what the build needs."""


class Plugin(BasePlugin):
    """dbt-duckdb's hook; one instance per dbt run."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        self._variables = list(session_variables(Path.cwd()))

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        config["threads"] = int(os.environ.get("XUBAO_THREADS") or 2)

    def configure_cursor(self, cursor: Any) -> None:
        for name, sql, value in self._variables:
            cursor.execute(f"set variable {name} = {sql}", [value])


def session_variables(folder: Path) -> Iterator[tuple[str, str, Any]]:
    """(name, SQL with one placeholder, value) of every variable a session needs."""
    inputs_path = folder / "inputs.json"
    if not inputs_path.exists():
        raise InputsUnreadableError(f"{inputs_path} is missing: dbt runs in a build folder that select() made.")
    inputs = json.loads(inputs_path.read_text(encoding="utf-8"))
    home = Path(os.environ.get("XUBAO_HOME") or "var").absolute()

    yield "as_of", "cast(? as date)", date.fromisoformat(inputs["as_of"]).isoformat()
    lines = {}
    for prefix, group in (("raw", "entities"), ("archive", "archives")):
        for what, paths in sorted(inputs[group].items()):
            if not paths:
                raise InputsUnreadableError(f"{inputs_path}: {group}.{what} names no file, not even the empty one.")
            lines[f"{prefix}_{what}"] = "\n".join(str(home / path) for path in paths)
    # one statement and one text each: this happens for every cursor, and a list per entity took 16 ms of 17 each time
    yield "inputs", "cast(? as map(varchar, varchar))", lines

    key = pseudonym_key()
    padded = key.ljust(HMAC_BLOCK_BYTES, b"\0")
    yield "key_ipad", "cast(? as blob)", bytes(byte ^ 0x36 for byte in padded)
    yield "key_opad", "cast(? as blob)", bytes(byte ^ 0x5C for byte in padded)


def pseudonym_key() -> bytes:
    """The 32 bytes of the file that XUBAO_KEY_FILE names."""
    path = os.environ.get("XUBAO_KEY_FILE")
    if not path:
        raise InputsUnreadableError("XUBAO_KEY_FILE is not set: it names the 0600 file that holds the pseudonym key.")
    key = Path(path).read_bytes()
    if len(key) != KEY_BYTES:
        raise InputsUnreadableError(f"{path} holds {len(key)} bytes; the pseudonym key has {KEY_BYTES}.")
    return key
