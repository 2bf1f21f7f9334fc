"""The command line: `soundcheck train`, `report`, `config`, `data describe`, `store`, `ui`."""

from __future__ import annotations

import sys
import webbrowser
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from flows.data_commands import data_app
from flows.diagnosis_commands import diagnose
from flows.options import DATA_HELP, Noise, Preset, Settings, configuration
from flows.store_commands import store_app
from flows.terminal import (
    Json,
    fail,
    local_prefect,
    print_json,
    quiet_terminal,
    rarely_collecting,
    show_account,
)
from soundcheck.artifacts import TrainStageName
from soundcheck.config import flatten
from soundcheck.errors import ConfigError, SoundcheckError, nearest
from soundcheck.store import home_folder

if TYPE_CHECKING:
    from tasks.summary import TrainResult

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Trains spoken-command classifiers, and says whether a retrained model is better, and if not, why.",
    epilog="Exit codes: 0, done; 1, refused or failed, with the reason and the way out; 2, the command line "
    "cannot be read; 130, interrupted.",
)
app.add_typer(data_app, name="data")
app.add_typer(store_app, name="store")
app.command()(diagnose)


STAGES = get_args(TrainStageName)


@app.command()
def train(
    data: Annotated[str | None, typer.Option(help=DATA_HELP)] = None,
    preset: Annotated[
        Preset,
        typer.Option(
            help="`quick`: TC-ResNet8 on log-mel, speakers disjoint. `reference`: the CNN of TensorFlow's "
            "tutorial on STFT magnitudes, random split."
        ),
    ] = Preset.quick,
    noise: Noise = None,
    settings: Settings = None,
    model_name: Annotated[
        str | None,
        typer.Option(
            help="Name of the registered model; by default `speech-commands`, "
            "for synthetic speech `speech-commands-demo`."
        ),
    ] = None,
    experiment: Annotated[str, typer.Option(help="MLflow experiment of the run.")] = "soundcheck",
    run_name: Annotated[str | None, typer.Option(help="Name of the MLflow run.")] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="KEY=VALUE", help="Tag of the MLflow run; may be repeated."),
    ] = None,
    refresh: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STAGE",
            help=f"Run a stage again though nothing that decides it changed: {', '.join(STAGES)}; "
            "may be repeated.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a model: check the data, compute features, audit, fit, evaluate, register.

    What did not change since an earlier run is not computed again. Results are kept below `SOUNDCHECK_HOME`
    (by default `.soundcheck` in the working directory).

    - `soundcheck train`

    - `soundcheck train --data mini_speech_commands --preset reference`

    - `soundcheck train --data ./my_clips --set training.epochs=30 --tag room=kitchen`
    """
    config = configuration(preset, data=data, noise=noise, settings=settings)
    for name in refresh or []:
        if name not in STAGES:
            known = nearest(name, STAGES) or f"; the stages are {', '.join(STAGES)}"
            raise ConfigError(f"--refresh {name!r} is no stage{known}")
    labels = dict(_pair("--tag", tag) for tag in tags or [])
    with quiet_terminal(as_json), rarely_collecting():
        from flows.train import train as flow

        show_account()
        sys.stderr.write(f"{config.model.name} on {config.data.source}; kept in {home_folder()}\n")
        with local_prefect():
            result = flow(
                config=config,
                model_name=model_name,
                experiment=experiment,
                run_name=run_name,
                tags=labels,
                refresh=tuple(refresh or []),  # pyright: ignore[reportArgumentType] (Prefect checks the names)
            )
    print_json(result.model_dump(mode="json")) if as_json else _print_result(result)


@app.command()
def report(
    run: Annotated[
        str | None, typer.Argument(help="Id of the MLflow run, or its beginning; by default the latest.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch the report of a run: one HTML file that says what holds the model back, with sounds to play.

    - `soundcheck report --open`

    - `soundcheck report 3f2a91`
    """
    from tasks.logged_runs import fetch_report, find_receipt_of

    home = home_folder()
    receipt = find_receipt_of(home / "store", run)
    path = fetch_report(home, receipt)
    print_json({"run": receipt.run_id, "report": str(path)}) if as_json else typer.echo(path)
    if open_ and not webbrowser.open(path.as_uri()):
        raise SoundcheckError(f"there is no browser here to --open it with; open {path} in one")


@app.command()
def config(
    preset: Annotated[Preset, typer.Option(help="The preset to start from.")] = Preset.quick,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """List every field of the configuration with its value; each can be given to `--set`."""
    values = flatten(configuration(preset, settings=settings))
    if as_json:
        print_json(values)
        return
    for name, value in values.items():
        typer.echo(f"{name}={value}")


@app.command()
def ui(
    mlflow_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the MLflow UI.")] = 5000,
    prefect_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the Prefect server.")] = 4200,
) -> None:
    """Start the MLflow UI and, where none is reachable, a Prefect server; Ctrl-C stops what was started."""
    from flows.ui import serve

    serve(home_folder(), mlflow_port=mlflow_port, prefect_port=prefect_port)


def main() -> None:
    """The entry point: a user's mistake ends in one clear message and exit code 1, not in a traceback."""
    try:
        app()
    except SoundcheckError as error:
        fail(str(error), code=1)


def _pair(option: str, text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise ConfigError(f"{option} {text!r} is not KEY=VALUE")
    return name, value


def _print_result(result: TrainResult) -> None:
    from rich.console import Console
    from rich.table import Table

    lower, upper = result.test_accuracy_interval
    table = Table("accuracy", "validation", "test", title=result.model_name, title_justify="left")
    table.add_row(
        "model",
        f"{result.validation_accuracy:.3f}",
        f"{result.test_accuracy:.3f} ({lower:.3f} to {upper:.3f})",
    )
    for name, accuracy in result.baselines.items():
        table.add_row(f"baseline {name}", "", f"{accuracy:.3f}")
    console = Console(markup=False)  # a user's names may look like markup
    console.print(table)
    console.print(f"verdict  {result.verdict['sentence']}", highlight=False)
    console.print(f"next     {result.verdict['next_step']}", highlight=False)
    for finding in result.findings:
        console.print(f"{finding['severity']:8} {finding['message']} {finding['remedy']}", highlight=False)
    for sentence in [*result.explanation, *result.data_verdicts]:
        console.print(sentence, highlight=False)
    for warning in result.warnings:
        console.print(f"warning  {warning}", highlight=False)
    console.print(f"data     {result.data_docs}/index.html", highlight=False, soft_wrap=True)
    console.print(f"run      {result.mlflow_run_id} (soundcheck report, soundcheck ui)", highlight=False)
    standing = "champion" if result.champion else result.stages["register"].why
    console.print(f"version  {result.model_version or 'none'}: {standing}", highlight=False)


if __name__ == "__main__":
    main()
