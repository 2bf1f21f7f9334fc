"""What each part of a diagnosis says, in plain words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from tasks.results import Results

if TYPE_CHECKING:
    from soundcheck.artifacts import Recipe

Part = Literal[
    "findings",
    "error_analysis",
    "sensitivity",
    "standard_learners",
    "finer_features",
    "learning_curve",
    "repeats",
]


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

    repeated = results.read_repeats()
    mine = results.store.inventory(results.stages["repeats"]).recipe
    for one in results.store.inventories("repeats"):
        file = results.store.take(one, REPEATS)
        changes = _changes(one.recipe, mine)
        if changes and file is not None and _same_clips(one.recipe, mine):
            other = Repeats.from_dict(json.loads(file.read_bytes()))
            against = compare_repeats(other, repeated).sentence
            return [repeated.sentence, f"Against {', '.join(changes)}: {against}"]
    return [repeated.sentence]


def _changes(earlier: Recipe, now: Recipe) -> list[str]:
    """Which settings of the training and its model differ."""
    return [
        f"{name} {earlier.inputs.get(name)} -> {value}"
        for name, value in now.inputs.items()
        if name.startswith(("model.", "training."))
        and name != "training.seed"
        and earlier.inputs.get(name) != value
    ]


def _same_clips(one: Recipe, other: Recipe) -> bool:
    return all(one.inputs[name] == other.inputs[name] for name in ("manifest.digest", "shards.digest"))


_SENTENCES: Mapping[Part, Callable[[Results], list[str]]] = {
    "findings": _findings,
    "error_analysis": lambda results: results.read_error_analysis().summary(),
    "sensitivity": _sensitivity,
    "standard_learners": lambda results: list(results.read_standard_learners().sentences()),
    "finer_features": _finer_features,
    "learning_curve": lambda results: [results.read_learning_curve().sentence],
    "repeats": _repeats,
}
