"""References that can be judged at the door: what we ourselves published before is known whole, whoever is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from expectations.rows import Judged
from ingest.archive import archived
from ingest.entities import Entity, archives
from ingest.home import home
from ingest.sql import identifier, literal, query


def at_the_door(judged: Judged, entity: Entity, received_on: date) -> Judged:
    """The rows with those held that name a record of an archive which no night before received_on wrote.

    References to entities wait until all sources are in (ingest.references). A home without such an archive has
    published nothing yet, or is one in which a file is only tried: nothing is held.
    """
    rules = judged.rules
    for reference in entity.references:
        if reference.to not in archives() or not (files := archived(archives()[reference.to], received_on)):
            continue
        names = ", ".join(map(identifier, reference.columns))
        paths = ", ".join(literal(str(home() / file)) for file in files)
        is_given = " and ".join(f"{identifier(name)} is not null" for name in reference.columns)
        unknown = query(
            f"select _row from received anti join (select {names} from read_parquet([{paths}], union_by_name = true)) "
            f"using ({names}) where {is_given}",
            received=judged.rows.select([*reference.columns, "_row"]),
        )["_row"].to_numpy()
        is_unknown = np.isin(judged.rows["_row"].to_numpy(), unknown) & (rules == "")
        rules = np.where(is_unknown, f"{reference.columns[-1]}:never_published", rules)
    return replace(judged, rules=rules)
