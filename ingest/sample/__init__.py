"""The sample group: a simulated dealership group that hands over what real systems would hand over.

`grow(home, as_of)` writes the files and the DMS database that exist before the night of `as_of`;
the truth it keeps for tests (`sample/truth/`) lies outside the pipeline's reach.
"""

from ingest.sample.grow import DEFAULT_SEED, DEFAULT_VEHICLES, SampleHorizonError, SampleSeedError, grow
from ingest.sample.returned import return_lists

__all__ = [
    "DEFAULT_SEED",
    "DEFAULT_VEHICLES",
    "SampleHorizonError",
    "SampleSeedError",
    "grow",
    "return_lists",
]
