"""Results: what the stages of one flow run left in the store, for whoever shows or registers it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soundcheck.artifacts import StageName

if TYPE_CHECKING:
    import pandas as pd

    from soundcheck.artifacts import Artifact
    from soundcheck.audit.label_audit import LabelAudit
    from soundcheck.audit.leakage import Leakage
    from soundcheck.audit.signal import Signal
    from soundcheck.data.sources import Source
    from soundcheck.debugging.examination import Examination
    from soundcheck.debugging.findings import Finding
    from soundcheck.evaluation.error_analysis import ErrorAnalysis
    from soundcheck.evaluation.feature_trial import FeatureTrial
    from soundcheck.evaluation.learning_curve import LearningCurve
    from soundcheck.evaluation.repeats import Repeats
    from soundcheck.evaluation.sensitivity import Sensitivity
    from soundcheck.evaluation.standard_learners import StandardLearners
    from soundcheck.features.index import ShardIndex
    from soundcheck.features.profile import Profile
    from soundcheck.store import Store
    from soundcheck.training.baselines import Baselines
    from soundcheck.training.fitted import Fitted


CHECKS: tuple[StageName, ...] = ("validate", "validate_spectrograms", "validate_predictions")


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

    def read_profile(self) -> Profile:
        """How the features of the training clips are distributed."""
        from soundcheck.features.profile import Profile
        from tasks.signal import PROFILE

        return Profile.model_validate_json((self.folder("signal") / PROFILE).read_bytes())

    def read_signal(self) -> Signal:
        """What the features tell of the labels."""
        from soundcheck.audit.signal import Signal
        from tasks.signal import SIGNAL

        return Signal.from_dict(_json(self.folder("signal") / SIGNAL))

    def read_leakage(self) -> Leakage:
        """What known speakers are worth."""
        from soundcheck.audit.leakage import Leakage
        from tasks.leakage import LEAKAGE

        return Leakage.from_dict(_json(self.folder("leakage") / LEAKAGE))

    def read_audit(self) -> LabelAudit:
        """The suspected labels."""
        import pandas as pd

        from soundcheck.audit.label_audit import LabelAudit
        from tasks.audit import AUDIT, AUDITED

        clips = pd.read_parquet(self.folder("audit") / AUDITED)
        return LabelAudit.from_dict(_json(self.folder("audit") / AUDIT), clips)

    def read_irreducible_error(self) -> dict[str, Any]:
        """What keeps every model from being always right, by split."""
        from tasks.audit import IRREDUCIBLE

        return _json(self.folder("audit") / IRREDUCIBLE)

    def read_baselines(self) -> Baselines:
        """The baselines with their accuracies."""
        from soundcheck.training.baselines import Baselines
        from tasks.baseline import BASELINES

        return Baselines.from_dict(_json(self.folder("baseline") / BASELINES))

    def read_fitted(self) -> Fitted:
        """The model with its history."""
        from soundcheck.training.fitted import load_fitted

        return load_fitted(self.folder("fit"))

    def read_preflight(self) -> list[Finding]:
        """What was found before the training."""
        from soundcheck.debugging.findings import Finding
        from tasks.preflight import FINDINGS

        return [Finding.from_json(values) for values in _json(self.folder("preflight") / FINDINGS)]

    def read_examination(self) -> Examination:
        """How the training went, and what was found; after the trials, where there were any."""
        from soundcheck.debugging.examination import Examination

        stage: StageName = "try_fix" if "try_fix" in self.stages else "debug"
        return Examination.load(self.folder(stage))

    def read_findings(self) -> tuple[Finding, ...]:
        """What was found after the training, then what only preflight has seen."""
        after = self.read_examination().findings
        causes = {finding.cause for finding in after}
        return (*after, *(finding for finding in self.read_preflight() if finding.cause not in causes))

    def read_predictions(self) -> pd.DataFrame:
        """The prediction for each usable clip."""
        import pandas as pd

        from soundcheck.evaluation.predictions import PREDICTIONS_FILE

        return pd.read_parquet(self.folder("evaluate") / PREDICTIONS_FILE)

    def read_report(self) -> dict[str, Any]:
        """Metrics, confusion and gap, see `soundcheck.evaluation.report`."""
        from tasks.evaluate import METRICS

        return _json(self.folder("evaluate") / METRICS)

    def read_error_analysis(self) -> ErrorAnalysis:
        """Where the model is wrong, and how far its confidence can be believed."""
        from soundcheck.evaluation.error_analysis import ErrorAnalysis

        return ErrorAnalysis.load(self.folder("error_analysis"))

    def read_sensitivity(self) -> Sensitivity:
        """What becomes of the accuracy where the test clips sound worse."""
        from soundcheck.evaluation.sensitivity import Sensitivity
        from tasks.sensitivity import SENSITIVITY

        return Sensitivity.from_dict(_json(self.folder("sensitivity") / SENSITIVITY))

    def read_feature_difference(self) -> float:
        """How far stored features are from those computed again, see `soundcheck.features.recomputation`."""
        from tasks.recompute import RECOMPUTED

        difference = _json(self.folder("recompute") / RECOMPUTED)["difference"]
        return float("inf") if difference is None else difference

    def read_standard_learners(self) -> StandardLearners:
        """The network beside standard algorithms."""
        from soundcheck.evaluation.standard_learners import StandardLearners
        from tasks.standard_learners import STANDARD_LEARNERS

        return StandardLearners.from_dict(_json(self.folder("standard_learners") / STANDARD_LEARNERS))

    def read_feature_trial(self) -> FeatureTrial:
        """Whether finer features tell more."""
        from soundcheck.evaluation.feature_trial import FeatureTrial
        from tasks.finer_features import FEATURE_TRIAL

        return FeatureTrial.from_dict(_json(self.folder("finer_features") / FEATURE_TRIAL))

    def read_learning_curve(self) -> LearningCurve:
        """What twice as many clips would bring."""
        from soundcheck.evaluation.learning_curve import LearningCurve
        from tasks.learning_curve import LEARNING_CURVE

        return LearningCurve.from_dict(_json(self.folder("learning_curve") / LEARNING_CURVE))

    def read_repeats(self) -> Repeats:
        """How much seeds alone change."""
        from soundcheck.evaluation.repeats import Repeats
        from tasks.repeats import REPEATS

        return Repeats.from_dict(_json(self.folder("repeats") / REPEATS))

    def data_docs(self, stage: StageName = "validate") -> Path:
        """The folder of a checking stage's Data Docs."""
        from expectations.outcome import DATA_DOCS

        return self.folder(stage) / DATA_DOCS

    def warnings(self) -> list[str]:
        """What should hold of clips, splits, features and predictions, and does not, a sentence each."""
        from expectations.outcome import Outcome

        outcomes = [Outcome.load(self.folder(stage)) for stage in CHECKS]
        return [check.in_short() for outcome in outcomes for check in outcome.failures("warning")]


def _json(path: Path) -> Any:
    return json.loads(path.read_bytes())
