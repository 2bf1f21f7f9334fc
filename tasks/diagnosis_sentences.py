"""What each part of a diagnosis says, in plain words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from soundcheck.config import ModelConfig
from soundcheck.fingerprint import code_of
from tasks.receipts import RUN_CHARACTERS, all_receipts
from tasks.results import Results

if TYPE_CHECKING:
    from soundcheck.artifacts import Recipe, Scalar
    from soundcheck.store import Inventory, Store

Part = Literal[
    "findings",
    "error_analysis",
    "sensitivity",
    "standard_learners",
    "finer_features",
    "learning_curve",
    "repeats",
]
Maker: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]
"""Code, and versions of libraries, by their names."""

_CLIPS, _FEATURES = "manifest.digest", "shards.digest"
_TODAY = "today"


def sentences_of(part: Part, results: Results) -> list[str]:
    """What a part says in plain words, the most telling first."""
    return _SENTENCES[part](results)


def _findings(results: Results) -> list[str]:
    found = results.read_findings()
    if not found:
        return ["Nothing is wrong with the training that Soundcheck knows of."]
    return [f"{one.severity}: {one.message} {one.remedy}" for one in found]


def _sensitivity(results: Results) -> list[str]:
    """The most harmful perturbation first."""
    sensitivity = results.read_sensitivity()
    lowest = [float(sensitivity.accuracies(curve)[:, 0].min()) for curve in sensitivity.curves]
    told = zip(lowest, sensitivity.summary(), strict=False)  # the last may say what there was no time for
    return [sentence for _, sentence in sorted(told, key=lambda one: one[0])]


def _finer_features(results: Results) -> list[str]:
    """Features that are the defaults are held against themselves."""
    trial = results.read_feature_trial()
    if trial.only_finer or trial.finer_correct != trial.correct:
        return [trial.sentence]
    return ["The features tell no less than the defaults, which are those of the published networks."]


def _repeats(results: Results) -> list[str]:
    """What seeds change, and whether that explains the difference from the configuration repeated before."""
    from soundcheck.evaluation.repeats import Repeats, compare_repeats
    from tasks.repeats import REPEATS

    store, repeated = results.store, results.read_repeats()
    mine = store.inventory(results.stages["repeats"]).recipe
    for one in store.inventories("repeats"):
        changes = _changes(store, one.recipe, mine)
        file = store.take(one, REPEATS) if changes else None
        if file is not None and _makers(store, one.recipe) & _makers(store, mine):
            other = Repeats.from_dict(json.loads(file.read_bytes()))
            against = compare_repeats(other, repeated).sentence
            return [repeated.sentence, f"Against {_whose(store, one)} ({', '.join(changes)}): {against}"]
    return [repeated.sentence]


def _changes(store: Store, earlier: Recipe, now: Recipe) -> list[str]:
    """Which settings of the features, the model and its training differ; none where anything else does."""
    if earlier.inputs[_CLIPS] != now.inputs[_CLIPS]:
        return []
    before, after = earlier.inputs, now.inputs
    if before[_FEATURES] != after[_FEATURES]:
        computed, computed_now = (_computed(store, inputs[_FEATURES]) for inputs in (before, after))
        if computed is None or computed_now is None or _maker(computed) != _maker(computed_now):
            return []
        before, after = before | computed.inputs, after | computed_now.inputs
    return [
        f"{name} {before.get(name)} -> {value}"
        for name, value in after.items()
        if name.startswith(("features.", "model.", "training."))
        and name != "training.seed"
        and before.get(name) != value
    ]


def _computed(store: Store, digest: Scalar) -> Recipe | None:
    """How features were computed."""
    made = (one.recipe for one in store.inventories("spectrograms") if one.artifact.digest == digest)
    return next(made, None)


def _makers(store: Store, repeated: Recipe) -> set[Maker]:
    """Codes and versions that made all trainings which were summarised; none where they are gone."""
    kept = store.inventories("retrain")
    digests = [
        value
        for name, value in repeated.inputs.items()
        if name.endswith(".digest") and name not in (_CLIPS, _FEATURES)
    ]
    each = (
        {_maker(one.recipe) for one in kept if one.artifact.digest == digest and _fits(one.recipe, repeated)}
        for digest in digests
    )
    return set.intersection(*each)


def _fits(training: Recipe, repeated: Recipe) -> bool:
    """Whether a training is of that configuration: others may have come to the same accuracy."""
    shared = training.inputs.keys() & repeated.inputs.keys() - {"training.seed"}
    return all(training.inputs[name] == repeated.inputs[name] for name in shared)


def _maker(recipe: Recipe) -> Maker:
    """Another architecture is other code, and no other maker where both are those of today."""
    code = _TODAY if recipe.code == _code_today(str(recipe.inputs.get("model.name"))) else recipe.code
    return code, tuple(sorted(recipe.versions.items()))


@cache
def _code_today(model_name: str) -> str | None:
    """That trains an architecture; None where there is none of the name."""
    from tasks.retrain import retrain

    chosen = retrain.chosen({"model": ModelConfig.model_construct(name=model_name)})
    try:
        return code_of([retrain.write.__module__, *chosen])
    except ModuleNotFoundError:
        return None


def _whose(store: Store, repeated: Inventory) -> str:
    """The run that a result was asked of."""
    path = repeated.artifact.path
    asked = (one for one in all_receipts(store.root).values() if path in (*one.diagnosed, *one.results))
    run = next(asked, None)
    return f"the run {run.run_id[:RUN_CHARACTERS]}" if run else "another training"


_SENTENCES: Mapping[Part, Callable[[Results], list[str]]] = {
    "findings": _findings,
    "error_analysis": lambda results: results.read_error_analysis().summary(),
    "sensitivity": _sensitivity,
    "standard_learners": lambda results: list(results.read_standard_learners().sentences()),
    "finer_features": _finer_features,
    "learning_curve": lambda results: [results.read_learning_curve().sentence],
    "repeats": _repeats,
}
