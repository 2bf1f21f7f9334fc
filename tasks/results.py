"""Results: what the stages of one flow run left in the store, for whoever shows or registers it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from soundcheck.artifacts import Artifact
    from soundcheck.data.sources import Source
    from soundcheck.features.index import ShardIndex
    from soundcheck.store import Store
    from soundcheck.training.baselines import Baselines
    from soundcheck.training.fitted import Fitted


@dataclass(frozen=True)
class Results:
    """The artifacts of the stages, and their contents on request."""

    store: Store
    source: Source
    manifest: Artifact
    validation: Artifact
    shards: Artifact
    baselines: Artifact
    fitted: Artifact
    evaluated: Artifact

    def artifacts(self) -> list[Artifact]:
        """All of them, in the order of the stages."""
        return [self.manifest, self.validation, self.shards, self.baselines, self.fitted, self.evaluated]

    def read_manifest(self) -> pd.DataFrame:
        """The table of all clips."""
        from soundcheck.data.manifest import MANIFEST_FILE, read_manifest

        return read_manifest(self.store.path(self.manifest) / MANIFEST_FILE)

    def read_index(self) -> ShardIndex:
        """Where each clip's features are."""
        from soundcheck.features.index import INDEX_FILE, ShardIndex

        return ShardIndex.load(self.store.path(self.shards) / INDEX_FILE)

    def read_baselines(self) -> Baselines:
        """The baselines with their accuracies."""
        from soundcheck.training.baselines import Baselines
        from tasks.baseline import BASELINES

        return Baselines.from_dict(_json(self.store.path(self.baselines) / BASELINES))

    def read_fitted(self) -> Fitted:
        """The model with its history."""
        from soundcheck.training.fitted import load_fitted

        return load_fitted(self.store.path(self.fitted))

    def read_predictions(self) -> pd.DataFrame:
        """The prediction for each usable clip."""
        import pandas as pd

        from tasks.evaluate import PREDICTIONS

        return pd.read_parquet(self.store.path(self.evaluated) / PREDICTIONS)

    def read_report(self) -> dict[str, Any]:
        """Metrics, confusion and gap, see `soundcheck.evaluation.report`."""
        from tasks.evaluate import METRICS

        return _json(self.store.path(self.evaluated) / METRICS)

    def data_docs(self) -> Path:
        """The folder of the Data Docs."""
        from tasks.validate import DATA_DOCS

        return self.store.path(self.validation) / DATA_DOCS


def _json(path: Path) -> Any:
    return json.loads(path.read_bytes())
