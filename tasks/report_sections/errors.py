"""What a report says of the model's errors: confusions, worst clips, slices, calibration, sensitivity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from soundcheck.displays.explained_clips import explained_clips
from soundcheck.report.page import Bullets, ClipCard, Clips, Figure, Folded, Paragraph, Section, Table
from tasks.report_sections.plots import per_cent

if TYPE_CHECKING:
    from soundcheck.config import Config
    from soundcheck.evaluation.calibration import Calibration
    from soundcheck.evaluation.confusions import Confusion, JudgedClip
    from soundcheck.evaluation.error_analysis import ErrorAnalysis
    from soundcheck.evaluation.sensitivity import Sensitivity
    from tasks.report_sections.plots import Plots
    from tasks.report_sections.sounds import Sounds

_EXPLAINED = (
    "Beside each clip, on the left: what the model sees of it; on the right: what in that spoke for the "
    "wrong word (orange) and for the true one (violet)."
)


def confusion_section(analysis: ErrorAnalysis, plots: Plots) -> Section:
    """Which words are taken for which."""
    rows = tuple(
        (one.label, one.predicted, f"{one.share.count} of {one.share.total}", str(one.share))
        for one in analysis.confusions
    )
    columns = ("Word", "Taken for", "Clips", "Share of the word's clips, with its interval")
    return Section(
        title="Confusion matrix",
        lead=_most_often(analysis.confusions),
        blocks=(
            *plots.figure(
                "confusion_matrix",
                "Test clips: rows are the true words, columns what the model says.",
                _most_often(analysis.confusions),
            ),
            *((Table("The pairs that are confused most often", columns, rows),) if rows else ()),
        ),
    )


def worst_clips_section(analysis: ErrorAnalysis, config: Config, sounds: Sounds) -> Section:
    """The worst mistakes, to be listened to beside what misled the model; and where it hardly decides."""
    pictures = explained_clips(analysis.explained, config.features, config.data.sample_rate_hz)
    mistakes = tuple(
        _card(clip, sounds, Figure(picture, "", _what_misled(clip)))
        for clip, picture in zip(analysis.explained.clips, pictures, strict=True)
    )
    doubtful = tuple(_card(clip, sounds) for clip in analysis.doubtful)
    return Section(
        title="Worst clips",
        lead="The test clips whose true word is least probable to the model, the worst first. Listen: is it "
        "the model, the sound or the label?"
        if mistakes
        else "No test clip is recognised wrongly.",
        blocks=(
            *((Paragraph(_EXPLAINED), Clips(mistakes)) if mistakes else ()),
            Folded("Clips that the model can hardly decide, rightly or not", (Clips(doubtful),)),
        ),
    )


def slices_section(analysis: ErrorAnalysis, plots: Plots) -> Section:
    """On which clips the model is worse than on the rest."""
    slices = analysis.slices
    worst = tuple(
        (one.name, str(one.accuracy.total), str(one.accuracy), str(one.rest), f"{one.corrected_p_value:.2g}")
        for one in slices.worst
    )
    columns = ("Slice", "Clips", "Accuracy, with its interval", "Of all other clips", "p-value, corrected")
    table = Table("Slices that are worse beyond chance", columns, worst)
    return Section(
        title="Slices",
        lead=f"Of {slices.looked_at} groups of test clips {len(worst) or 'none'} "
        f"{'is' if len(worst) < 2 else 'are'} worse than the rest beyond chance.",  # noqa: PLR2004
        blocks=(
            *plots.figure(
                "slices",
                "Accuracy of groups of test clips, such as a word, a speaker, a loudness or a source; the "
                "dashed line is that of all clips.",
                f"Accuracies of slices with their intervals; {len(worst)} are worse than the rest.",
            ),
            *((table,) if worst else ()),
        ),
    )


def calibration_section(analysis: ErrorAnalysis, plots: Plots) -> Section:
    """Whether the model's confidence can be believed, and what it gains by abstaining."""
    columns = ("Word", "Threshold", "Sensitivity, with its interval", "Specificity, with its interval")
    words = tuple(
        (one.label, f"{one.threshold:.4f}", str(one.sensitivity), str(one.specificity))
        for one in analysis.words
    )
    return Section(
        title="Calibration",
        lead=_about_calibration(analysis.calibration),
        blocks=(
            *plots.figure(
                "reliability",
                "How often the model is right when it is so sure; on the diagonal its confidence can be "
                "believed.",
                _about_calibration(analysis.calibration),
            ),
            *plots.figure(
                "accept_curve",
                "What is gained by leaving unsure answers out: accuracy of the answers that are accepted.",
                "Accuracy of the accepted answers over their share of all answers.",
            ),
            Folded(
                "A threshold for each word",
                (Table("From which probability on a clip counts as a word", columns, words),),
            ),
        ),
    )


def sensitivity_section(sensitivity: Sensitivity, plots: Plots) -> Section:
    """What becomes of the accuracy where the clips sound worse."""
    summary = sensitivity.summary()
    return Section(
        title="Sensitivity",
        lead="How the accuracy falls where the test clips sound worse.",
        blocks=(
            Bullets(tuple(summary)),
            *plots.figure(
                "sensitivity",
                "Accuracy on perturbed test clips; thin lines are the words, the dashed line is the accuracy "
                "on the clips as they are.",
                " ".join(summary),
            ),
        ),
    )


def _card(clip: JudgedClip, sounds: Sounds, figure: Figure | None = None) -> ClipCard:
    remark = f"the model is {per_cent(clip.confidence)} sure"
    return sounds.card(clip.path, clip.label, clip.predicted, remark, figure)


def _most_often(confusions: Sequence[Confusion]) -> str:
    if not confusions:
        return "No test clip is taken for another word."
    first = confusions[0]
    return (
        f"“{first.label}” is taken for “{first.predicted}” most often: {first.share.count} of "
        f"{first.share.total} clips."
    )


def _what_misled(clip: JudgedClip) -> str:
    return f"Features of {clip.path} over time and frequency, and what in them spoke for {clip.predicted}."


def _about_calibration(calibration: Calibration) -> str:
    before, after, temperature = calibration.before.error, calibration.after.error, calibration.temperature
    mended = f" With the temperature {temperature:.2f} that validation chose it is {after.value:.3f}."
    return (
        f"The model's confidence is {before.value:.3f} off on average; chance alone makes "
        f"{before.by_chance:.3f} of it.{'' if calibration.at_bound else mended}"
    )
