"""One small night for all tests of a run; a parsed project is kept for the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dbt_project import desk, group, group_offer
from tests.dbt_project.small_night import Night, run_night


@pytest.fixture(scope="session")
def parsed_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the parsed project is kept between nights of this session."""
    return tmp_path_factory.mktemp("parsed") / "state"


@pytest.fixture(scope="session")
def first_night(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Night:
    """The group's night of 24 November 2026, without any archive."""
    return run_night(tmp_path_factory.mktemp("first"), group.AS_OF, group.entities(), state=parsed_project)


@pytest.fixture(scope="session")
def desk_night(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Night:
    """The same night with the lists that were handed out before it and what came back."""
    folder = tmp_path_factory.mktemp("desk")
    return run_night(folder, desk.AS_OF, desk.entities(), desk.archives(), state=parsed_project)


@pytest.fixture(scope="session")
def offer_night(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Night:
    """The night of 24 November 2026 of a store with concessions, gifts and services."""
    folder = tmp_path_factory.mktemp("offer")
    night = run_night(folder, group_offer.AS_OF, group_offer.entities(), group_offer.archives(), state=parsed_project)
    assert night.exit_code == 0, night.stderr
    return night
