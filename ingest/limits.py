"""What a received file may be at most. More is refused with its own rule: a dealership's files are far smaller."""

from __future__ import annotations

MIB = 1024 * 1024

FILE_BYTES = 4096 * MIB
"""Bytes of a file as received."""
FETCH_SECONDS = 7200
"""Seconds that one file, table or interface may take: a place that drips must not hold up the night."""
PAGE_SECONDS = 600
"""Seconds that one page of an interface may take to come."""
PAGE_BYTES = 64 * MIB
"""Bytes of one page of an interface: it is held in memory."""
PAGES = 100_000
"""Pages of one answer; also ends an interface that never stops."""
UNPACKED_BYTES = 16384 * MIB
"""Bytes of a text file after unpacking; it is read in a stream."""
BOOK_BYTES = 1024 * MIB
"""Bytes of a workbook's or a JSON document's content: it is held in memory."""
UNPACKED_RATIO = 250
"""How many times larger than its packed form; counts from UNPACKED_FREE on."""
UNPACKED_FREE = 64 * MIB
MEMBERS = 1000
"""Members of an archive (a workbook is one)."""
ROWS = 50_000_000
COLUMNS = 1000
BOOK_CELLS = 40_000_000
"""Cells of a sheet's used range: one stray cell at the far corner must not fill the memory."""
CELL_CHARACTERS = 100_000
NESTING = 8
"""Levels of a JSON record."""
