"""What a report says of what was asked of the run after it was made, by `soundcheck diagnose`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from soundcheck.report.page import Bullets, Section, Table
from tasks.diagnosis_sentences import Part, sentences_of
from tasks.report_sections.plots import per_cent

if TYPE_CHECKING:
    from tasks.report_sections.plots import Plots
    from tasks.results import Results


def diagnosis_sections(results: Results, plots: Plots) -> Iterator[Section]:
    """A section for each part whose result is there."""
    for part, section in _SECTIONS.items():
        if part in results.stages:
            yield section(results, plots)


def _standard_learners(results: Results, plots: Plots) -> Section:
    comparison = results.read_standard_learners()
    judged, *others = sentences_of("standard_learners", results)
    columns = (
        *("Algorithm", "Accuracy", "95 % interval", "Agreement (kappa)"),
        *("Only the network is right", "Only it is right", "Both are wrong"),
    )
    rows = tuple(
        (
            one.name,
            per_cent(one.accuracy),
            f"{per_cent(one.lower)} to {per_cent(one.upper)}",
            f"{one.kappa:.2f}",
            *map(str, (one.only_network, one.only_rival, one.both_wrong)),
        )
        for one in comparison.rivals
    )
    return Section(
        title="Standard algorithms",
        lead=judged,
        blocks=(
            Bullets(tuple(others)),
            *plots.figure(
                "standard_learners",
                "The network beside algorithms that see only the mean and the deviation of each band.",
                judged,
            ),
            Table(f"Algorithms fitted on {comparison.fitted_on} clips", columns, rows),
        ),
    )


def _finer_features(results: Results, plots: Plots) -> Section:  # noqa: ARG001 (one contract)
    trial = results.read_feature_trial()
    [lead] = sentences_of("finer_features", results)
    rows = (
        ("these", f"{trial.correct} of {trial.clips}", per_cent(trial.correct / trial.clips)),
        ("finer", f"{trial.finer_correct} of {trial.clips}", per_cent(trial.finer_correct / trial.clips)),
    )
    table = Table(
        "Logistic regression on summaries of the features", ("Features", "Recognised", "Accuracy"), rows
    )
    return Section("Finer features", lead, (table,))


def _learning_curve(results: Results, plots: Plots) -> Section:
    curve = results.read_learning_curve()
    rows = tuple(
        (str(size), ", ".join(map(per_cent, curve.runs.accuracies[curve.runs.sizes == size])))
        for size in np.unique(curve.runs.sizes).tolist()
    )
    return Section(
        title="More clips",
        lead=curve.sentence,
        blocks=(
            *plots.figure(
                "learning_curve",
                "Accuracy over the number of training clips; all trainings have about as many steps.",
                curve.sentence,
            ),
            Table("Trainings by the number of their clips", ("Clips", "Test accuracies"), rows),
        ),
    )


def _repeats(results: Results, plots: Plots) -> Section:
    lead, *others = sentences_of("repeats", results)
    caption = "The same training with other seeds: a difference no larger than theirs is none."
    blocks = (*((Bullets(tuple(others)),) if others else ()), *plots.figure("repeats", caption, lead))
    return Section("Other seeds", lead, blocks)


_SECTIONS: Mapping[Part, Callable[[Results, Plots], Section]] = {
    "standard_learners": _standard_learners,
    "finer_features": _finer_features,
    "learning_curve": _learning_curve,
    "repeats": _repeats,
}
