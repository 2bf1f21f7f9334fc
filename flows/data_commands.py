"""The commands about data: `soundcheck data describe`, `data diff`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.options import DATA_HELP, Noise, Preset, Settings, configuration
from flows.terminal import Json, print_json, quiet_terminal
from soundcheck.errors import SourceError
from soundcheck.store import home_folder

if TYPE_CHECKING:
    import pandas as pd

    from soundcheck.config import Config
    from soundcheck.data.difference import Difference

data_app = typer.Typer(no_args_is_help=True, help="Looks at a data source without training on it.")

EXAMPLES = 5


@data_app.command()
def describe(
    source: Annotated[str, typer.Argument(help=DATA_HELP)],
    noise: Noise = None,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Say what a data source holds: labels, speakers, splits, formats, and the clips that cannot be used."""
    config = configuration(Preset.quick, data=source, noise=noise, settings=settings)
    with quiet_terminal(as_json):
        from soundcheck.data.manifest import describe as describe_manifest
        from soundcheck.data.splits import assign_splits

        name, manifest = _listed(config)
        try:
            manifest["split"] = assign_splits(manifest, config.data)
        except SourceError as error:  # a small folder can be described though not trained on
            logging.getLogger("soundcheck").warning("%s", error)
        description = describe_manifest(manifest, config.data.sample_rate_hz)
    print_json(description) if as_json else _print_description(name, description)


@data_app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A data source, as in train.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Say what became of the clips from A to B: added, removed, relabelled, altered, renamed; by label."""
    with quiet_terminal(as_json):
        from soundcheck.data.difference import compare

        manifests = [
            _listed(configuration(Preset.quick, data=one, settings=settings))[1] for one in (before, after)
        ]
        difference = compare(*manifests)
    print_json(difference.to_dict()) if as_json else _print_difference(before, after, difference)


def _listed(config: Config) -> tuple[str, pd.DataFrame]:
    from soundcheck.data.listing import list_clips
    from soundcheck.data.sources import locate

    found = locate(config.data, home_folder())
    return found.name, list_clips(found, config.data, config.features.clip_duration_ms)


def _print_description(root: str, description: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False)
    splits: dict[str, dict[str, int]] = description["splits"]
    table = Table("label", "clips", *splits, title=root, title_justify="left")
    for label, count in description["labels"].items():
        table.add_row(label, str(count), *(str(counts.get(label, 0)) for counts in splits.values()))
    console.print(table)
    for name, value in description.items():
        if name not in ("labels", "splits", "set_aside"):
            console.print(f"{name}: {value}", highlight=False)
    for clip in description["set_aside"]:
        console.print(f"set aside: {clip['path']}: {clip['reason']}", highlight=False)


def _print_difference(before: str, after: str, difference: Difference) -> None:
    from rich.console import Console
    from rich.table import Table

    from soundcheck.data.difference import KINDS

    console = Console(markup=False)
    headings = {"relabelled_to": "from others", "relabelled_from": "to others"}
    columns = ("before", "after", "added", "removed", *headings, "altered", "moved")
    named = [headings.get(name, name) for name in columns]
    table = Table("label", *named, title=f"{before} -> {after}", title_justify="left")
    for counts in difference.by_label:
        table.add_row(counts.label, *(str(getattr(counts, name)) for name in columns))
    console.print(table)
    for kind in KINDS:
        changes = difference.of_kind(kind)
        for change in changes[:EXAMPLES]:
            console.print(f"{kind}: {change}", highlight=False, soft_wrap=True)
        if len(changes) > EXAMPLES:
            console.print(f"{kind}: and {len(changes) - EXAMPLES} more", highlight=False)
