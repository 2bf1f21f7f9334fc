"""The command `soundcheck diagnose`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.options import Noise, Preset, Settings, configuration
from flows.terminal import Json, local_prefect, print_json, quiet_terminal, rarely_collecting, show_account
from soundcheck.errors import ConfigError, nearest
from soundcheck.store import home_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tasks.diagnosis import Diagnosis
    from tasks.diagnosis_sentences import Part

EVERYTHING = "everything"
PARTS = {
    "findings": "what was wrong with the training",
    "error_analysis": "confusions, worst clips, slices, calibration",
    "sensitivity": "noise and other changes of the sound",
    "standard_learners": "against ordinary algorithms",
    "finer_features": "would finer features tell more",
    "learning_curve": "what twice the clips would bring",
    "repeats": "what seeds alone change",
}
SENTENCES_SHOWN = 3


Subject = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN | MODEL.keras",
        help="The id of a run, or its beginning; without it the run used last. Or a model of your own, "
        "saved by Keras, that takes the features (batch, frames, bins) of the configuration or waveforms "
        "(batch, samples), and answers a logit or a probability for each label.",
    ),
]
DataOfFile = Annotated[
    str | None,
    typer.Option(
        "--data", help="For MODEL.keras: the clips to judge it by, as `soundcheck train` takes them."
    ),
]
PresetOfFile = Annotated[
    Preset | None,
    typer.Option("--preset", help="For MODEL.keras: the configuration to start from; by default quick."),
]
Labels = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,NAME,...",
        help="For MODEL.keras: the labels in the order of its outputs, where that is not sorted.",
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PART,...",
        help="Ask these parts alone; may be repeated. "
        + "; ".join(f"`{name}`: {asks}" for name, asks in PARTS.items())
        + f"; or `{EVERYTHING}`. The last two train again, for minutes, and are only asked by name.",
    ),
]


def diagnose(
    subject: Subject = None,
    data: DataOfFile = None,
    preset: PresetOfFile = None,
    noise: Noise = None,
    settings: Settings = None,
    labels: Labels = None,
    only: Only = None,
    as_json: Json = False,
) -> None:
    """Say what holds a model back: its features, hyper-parameters, data, or the feature code.

    A run is diagnosed with the results it already has and is not trained again. What was asked once is kept,
    and is evidence for the verdict whenever the same model is diagnosed. The pictures go into
    `diagnoses/` below `SOUNDCHECK_HOME`, and into the MLflow run; of a model file, beside a `report.html`.

    - `soundcheck diagnose`

    - `soundcheck diagnose 3f9c --only learning_curve,repeats`

    - `soundcheck diagnose my_model.keras --data ./my_clips --preset reference --labels yes,no`
    """
    parts = _parts(tuple(name for one in only or () for name in _names(one)))
    options = {"--data": data, "--preset": preset, "--noise": noise, "--set": settings, "--labels": labels}
    _refuse_misuse(subject, [name for name, value in options.items() if value], parts)
    _refuse_the_unknown(subject)
    config = (
        configuration(preset or Preset.quick, data=data, noise=noise, settings=settings) if data else None
    )
    with quiet_terminal(as_json), rarely_collecting():
        from flows.diagnose import diagnose as flow

        show_account()
        sys.stderr.write(f"{subject or 'the run used last'}; kept in {home_folder()}\n")
        with local_prefect():
            order = _names(labels) if labels else ()
            diagnosis = flow(subject=subject, config=config, only=parts, labels=order)
    print_json(diagnosis.model_dump(mode="json")) if as_json else _print(diagnosis)


def _names(text: str) -> tuple[str, ...]:
    """The names with commas between them; where nothing is given, one that is empty."""
    return tuple(name.strip() for name in text.split(","))


def _parts(names: tuple[str, ...]) -> Any:
    """The parts by their names, which Prefect checks once more.

    Raises:
        ConfigError: there is no such part.
    """
    for name in names:
        if name not in (*PARTS, EVERYTHING):
            known = nearest(name, PARTS) or f"; the parts are {', '.join(PARTS)}, or {EVERYTHING}"
            raise ConfigError(f"--only {name!r} is no part of a diagnosis{known}")
    return tuple(PARTS) if EVERYTHING in names else names


def _refuse_misuse(subject: str | None, options: Sequence[str], parts: tuple[Part, ...]) -> None:
    """Before anything is looked up.

    Raises:
        ConfigError: there are options of a model file, and none is named; or a part cannot be asked of one.
    """
    from tasks.diagnosis_request import parts_of
    from tasks.patient import is_model_file

    if options and (subject is None or not is_model_file(subject)):
        raise ConfigError(
            f"{options[0]} is for a MODEL.keras, and the run {subject or 'used last'} has data and settings "
            "of its own; leave it out, or name a .keras file"
        )
    parts_of(subject, parts, with_data="--data" in options)


def _refuse_the_unknown(subject: str | None) -> None:
    """Before Prefect starts, which takes its time.

    Raises:
        ConfigError: the run has settings that this version does not know.
        SoundcheckError: there is no such run, or no such model file.
    """
    from tasks.logged_runs import configuration_of, find_receipt_of
    from tasks.patient import is_model_file, model_file

    if subject is not None and is_model_file(subject):
        model_file(subject)
    else:
        configuration_of(find_receipt_of(home_folder() / "store", subject))


def _print(diagnosis: Diagnosis) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    console = Console(markup=False, highlight=False)  # a user's names may look like markup
    for part in diagnosis.parts:
        console.print(f"\n{part.part}: {PARTS[part.part]}")
        for sentence in part.sentences[:SENTENCES_SHOWN]:
            console.print(f"  {sentence}")
        more = len(part.sentences) - SENTENCES_SHOWN
        if more > 0:
            console.print(f"  and {more} more in diagnosis.json")
    console.print(f"\npictures  {diagnosis.folder}", soft_wrap=True)
    if diagnosis.report:
        console.print(f"report    {diagnosis.report}", soft_wrap=True)
    if diagnosis.note:
        console.print(f"note      {diagnosis.note}")
    console.print(Panel(Text(_in_words(diagnosis)), title="verdict", title_align="left"))


def _in_words(diagnosis: Diagnosis) -> str:
    """The subject, the sentence, the evidence for each subject, what to do and what could be asked."""
    verdict: Mapping[str, Any] = diagnosis.verdict
    lines = [" or ".join((verdict["subject"], *verdict["also"])).upper(), verdict["sentence"], ""]
    for one in verdict["ranking"]:
        lines.append(f"{one['subject']}: up to {one['points']:.1f} points")
        lines += [f"  {said}" for said in one["evidence"][:SENTENCES_SHOWN]]
    lines += ["", f"Next: {verdict['next_step']}"]
    lines += [f"Not asked yet: {one['sentence']} --only {one['name']}" for one in verdict["unmeasured"]]
    return "\n".join(lines)
