"""Small nights that several files ask, made once per worker."""

from __future__ import annotations

import pytest

from tests.dbt_project import desk, group, group_offer, group_rest
from tests.dbt_project.small_night import Night, run_night


@pytest.fixture(scope="session")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The group's night of 24 November 2026, without any archive."""
    return run_night(tmp_path_factory.mktemp("first"), group.AS_OF, group.entities())


@pytest.fixture(scope="session")
def desk_night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The same night with the lists that were handed out before it and what came back."""
    folder = tmp_path_factory.mktemp("desk")
    return run_night(folder, desk.AS_OF, desk.entities(), desk.archives())


@pytest.fixture(scope="session")
def offer_night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The night of 24 November 2026 of a store with concessions, gifts and services."""
    folder = tmp_path_factory.mktemp("offer")
    night = run_night(folder, group_offer.AS_OF, group_offer.entities(), group_offer.archives())
    assert night.exit_code == 0, night.stderr
    return night


@pytest.fixture(scope="session")
def rest_night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The night of what the two other dealerships leave out."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        return group_rest.run(tmp_path_factory.mktemp("rest"), monkeypatch)
