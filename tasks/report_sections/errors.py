"""What a report says of the model's errors: confusions, worst clips, slices, calibration, sensitivity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from soundcheck.displays.explained_clips import explained_clips
from soundcheck.report.page import Bullets, ClipCard, Clips, Figure, Folded, Paragraph, Section, Table
from tasks.report_sections.plots import per_cent

if TYPE_CHECKING:
    from soundcheck.config import Config
    from soundcheck.evaluation.confusions import Confusion, JudgedClip
    from soundcheck.evaluation.error_analysis import ErrorAnalysis
    from soundcheck.evaluation.sensitivity import Sensitivity
    from tasks.report_sections.plots import Plots
    from tasks.report_sections.sounds import Sounds

_EXPLAINED = (
    "Beside each clip, on the left: what the model sees of it; on the right: what in that spoke for the "
    "wrong word (orange) and for the true one (violet)."
)


NO_SALIENCY = "There is no saliency, because this model's input is the waveform and no spectrogram."
_UNSEEN = f"{NO_SALIENCY} Beside each clip are features computed of it, which the model has not seen."


def confusion_section(
    analysis: ErrorAnalysis, plots: Plots, sounds: Sounds, seen: Mapping[str, Figure]
) -> Section:
    """Which words are taken for which, with the surest mistakes of each pair to be listened to.

    Args:
        analysis: Of the errors.
        plots: Among them the confusion matrix.
        sounds: Of the clips.
        seen: By the path of a clip its features as a picture.
    """
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
            *(_confused_clips(one, sounds, seen) for one in analysis.confusions),
        ),
    )


def worst_clips_section(
    analysis: ErrorAnalysis, config: Config, sounds: Sounds, seen: Mapping[str, Figure]
) -> Section:
    """The worst mistakes, to be listened to beside what misled the model; and where it hardly decides.

    A model that takes waveforms is shown with the features that it has not seen.
    """
    pictures = explained_clips(analysis.explained, config.features, config.data.sample_rate_hz)
    explained = tuple(
        _card(clip, sounds, Figure(picture, "", _what_misled(clip)))
        for clip, picture in zip(analysis.explained.clips, pictures, strict=True)
    )
    mistakes = explained or tuple(_card(clip, sounds, seen.get(clip.path)) for clip in _unexplained(analysis))
    doubtful = tuple(_card(clip, sounds, seen.get(clip.path)) for clip in analysis.doubtful)
    return Section(
        title="Worst clips",
        lead="The test clips whose true word is least probable to the model, the worst first. Listen: is it "
        "the model, the sound or the label?"
        if mistakes
        else "No test clip is recognised wrongly.",
        blocks=(
            *((Paragraph(_EXPLAINED if explained else _UNSEEN), Clips(mistakes)) if mistakes else ()),
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
    picture = plots.figure(
        "slices",
        "Accuracy of groups of test clips, such as a word, a speaker, a loudness or a source; the dashed "
        "line is that of all clips.",
        f"Accuracies of slices with their intervals; {len(worst)} are worse than the rest.",
    )
    return Section(
        title="Slices",
        lead=slices.summary(),
        blocks=(*(picture if slices.looked_at else ()), *((table,) if worst else ())),
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
        lead=analysis.calibration.sentence,
        blocks=(
            *plots.figure(
                "reliability",
                "How often the model is right when it is so sure; on the diagonal its confidence can be "
                "believed.",
                analysis.calibration.sentence,
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


def clips_to_see(analysis: ErrorAnalysis) -> tuple[JudgedClip, ...]:
    """The clips that are shown with their features alone; those that are explained have another picture."""
    confused = (clip for one in analysis.confusions for clip in one.worst)
    return (*confused, *analysis.doubtful, *_unexplained(analysis))


def _unexplained(analysis: ErrorAnalysis) -> tuple[JudgedClip, ...]:
    """The worst mistakes, where none has a saliency."""
    if analysis.explained.clips:
        return ()
    return tuple(clip for clip in analysis.hardest if clip.predicted != clip.label)


def _confused_clips(one: Confusion, sounds: Sounds, seen: Mapping[str, Figure]) -> Folded:
    """The surest mistakes of a pair of words."""
    cards = tuple(_card(clip, sounds, seen.get(clip.path)) for clip in one.worst)
    count, shown = one.share.count, len(cards)
    clips = f"the {shown} surest of {count} clips" if shown < count else f"{count} clip{'s' * (count > 1)}"
    return Folded(f"“{one.label}” taken for “{one.predicted}”: {clips} to listen to", (Clips(cards),))


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
