"""Where sources keep their files, tables and interfaces: Airflow connections, opened through well-kept libraries only."""

from __future__ import annotations

from ingest.places.connections import SourceDownError, cannot
from ingest.places.files import Folder, RemoteFile, open_folder
from ingest.places.marks import a_day_before, highest_mark
from ingest.places.tables import fetch_table
from ingest.places.web import fetch_pages

__all__ = [
    "Folder",
    "RemoteFile",
    "SourceDownError",
    "a_day_before",
    "cannot",
    "fetch_pages",
    "fetch_table",
    "highest_mark",
    "open_folder",
]
