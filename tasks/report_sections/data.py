"""What a report says of the data: clips, checks, what can be learnt of them at all, doubtful labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.outcome import Check, Outcome
from soundcheck.data.manifest import SPLITS, usable
from soundcheck.report.page import Block, Bullets, Clips, Folded, Paragraph, Section, Table
from tasks.results import CHECKS

if TYPE_CHECKING:
    import pandas as pd

    from tasks.report_sections.plots import Plots
    from tasks.report_sections.sounds import Sounds
    from tasks.results import Results

SUSPECTS_PLAYED = 12


def data_section(results: Results, clips: pd.DataFrame, plots: Plots) -> Section:
    """The clips, what was expected of them, of their features and of the predictions, and what they allow."""
    checks = [check for stage in CHECKS for check in Outcome.load(results.folder(stage)).checks]
    held = sum(check.success for check in checks)
    used = usable(clips)
    error = results.read_irreducible_error()["test"]
    return Section(
        title="Data and validation",
        lead=f"{len(used)} clips of {used['label'].nunique()} words; {len(clips) - len(used)} more were set "
        f"aside. {held} of {len(checks)} expectations hold.",
        blocks=(
            Bullets(
                (
                    results.read_signal().verdict,
                    results.read_leakage().verdict,
                    f"Of the test clips: {error['verdict']}.",
                )
            ),
            _clips_by_label(used),
            *_failed_checks(checks),
            *plots.figure(
                "leakage",
                "What knowing the speakers is worth: a model tested on known voices promises too much.",
                results.read_leakage().verdict,
            ),
            Folded("All expectations", (_all_checks(checks),)),
            Folded("What the features tell of the words", _feature_plots(results, plots)),
        ),
    )


def label_audit_section(results: Results, plots: Plots, sounds: Sounds) -> Section:
    """The labels that are most probably wrong, to be listened to."""
    audit = results.read_audit()
    suspects = audit.suspects[["path", "label", "suggested_label", "label_quality"]]
    cards = tuple(
        sounds.card(path, label, suggested, f"probability of its label {quality:.3f}")
        for path, label, suggested, quality in suspects.head(SUSPECTS_PLAYED).itertuples(index=False)
    )
    return Section(
        title="Label audit",
        lead=audit.verdict,
        blocks=(
            Paragraph(
                "A classifier that has not seen the clip contradicts its label. That proves nothing: listen. "
                "The run's label_audit.csv ranks all clips, label_audit.html plays a hundred of them."
            ),
            *plots.figure(
                "label_audit", "Which label is suspected, and which is suggested instead.", audit.verdict
            ),
            *((Folded("The most doubtful labels, to listen to", (Clips(cards),)),) if cards else ()),
        ),
    )


def _clips_by_label(used: pd.DataFrame) -> Table:
    import pandas as pd

    counts = pd.crosstab(used["label"], used["split"]).reindex(columns=list(SPLITS), fill_value=0)
    rows = [(str(label), *map(str, row)) for label, row in zip(counts.index, counts.to_numpy(), strict=True)]
    return Table("Clips by word and split", ("Word", "Train", "Validation", "Test"), tuple(rows))


def _failed_checks(checks: list[Check]) -> tuple[Table, ...]:
    failed = [check for check in checks if not check.success]
    if not failed:
        return ()
    rows = (
        (
            check.description,
            f"{check.unexpected_count} of {check.element_count}",
            str(check.severity),
            check.way_out(),
        )
        for check in failed
    )
    return (
        Table(
            "Expectations that do not hold",
            ("What was expected", "Not so", "Severity", "How to ask for more or less"),
            tuple(rows),
        ),
    )


def _all_checks(checks: list[Check]) -> Table:
    rows = (("yes" if check.success else "no", check.description, str(check.severity)) for check in checks)
    return Table("Everything that was expected", ("Holds", "What was expected", "Severity"), tuple(rows))


def _feature_plots(results: Results, plots: Plots) -> tuple[Block, ...]:
    looks = tuple(
        (look.name, "yes" if look.passed else "no", look.sentence) for look in results.read_signal().looks
    )
    return (
        Table("Looks at the features", ("Look", "Passed", "What was seen"), looks),
        *plots.figure(
            "waveform_and_spectrogram",
            "A training clip, and beside it what the model sees of it.",
            "The waveform of a clip over time, and its features over time and frequency.",
        ),
        *plots.figure(
            "correlations",
            "Which bands go with which word: correlation of a band's mean or deviation over time.",
            "A heat map of correlations, words by bands.",
        ),
        *plots.figure(
            "mutual_information",
            "How much a band alone tells of the word, in bits.",
            "Bits of mutual information over the centres of the bands.",
        ),
    )
