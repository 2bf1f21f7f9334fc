"""Results: what the stages of one flow run left in the store, for whoever shows or registers it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from soundcheck.artifacts import Artifact, StageName
    from soundcheck.data.sources import Source
    from soundcheck.features.index import ShardIndex
    from soundcheck.store import Store
    from soundcheck.training.baselines import Baselines
    from soundcheck.training.fitted import Fitted


@dataclass(frozen=True)
class Results:
    """The artifacts of the stages, in their order, and their contents on request."""

    store: Store
    source: Source
    stages: Mapping[str, Artifact]

    def folder(self, stage: StageName) -> Path:
        """Where a stage's result stands."""
        return self.store.path(self.stages[stage])

    def read_manifest(self) -> pd.DataFrame:
        """The table of all clips."""
        from soundcheck.data.manifest import MANIFEST_FILE, read_manifest

        return read_manifest(self.folder("ingest") / MANIFEST_FILE)

    def read_index(self) -> ShardIndex:
        """Where each clip's features are."""
        from soundcheck.features.index import INDEX_FILE, ShardIndex

        return ShardIndex.load(self.folder("spectrograms") / INDEX_FILE)

    def read_baselines(self) -> Baselines:
        """The baselines with their accuracies."""
        from soundcheck.training.baselines import Baselines
        from tasks.baseline import BASELINES

        return Baselines.from_dict(_json(self.folder("baseline") / BASELINES))

    def read_fitted(self) -> Fitted:
        """The model with its history."""
        from soundcheck.training.fitted import load_fitted

        return load_fitted(self.folder("fit"))

    def read_predictions(self) -> pd.DataFrame:
        """The prediction for each usable clip."""
        import pandas as pd

        from tasks.evaluate import PREDICTIONS

        return pd.read_parquet(self.folder("evaluate") / PREDICTIONS)

    def read_report(self) -> dict[str, Any]:
        """Metrics, confusion and gap, see `soundcheck.evaluation.report`."""
        from tasks.evaluate import METRICS

        return _json(self.folder("evaluate") / METRICS)

    def data_docs(self) -> Path:
        """The folder of the Data Docs."""
        from tasks.validate import DATA_DOCS

        return self.folder("validate") / DATA_DOCS


def _json(path: Path) -> Any:
    return json.loads(path.read_bytes())
