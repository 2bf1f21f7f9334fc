"""The commands about the store: `soundcheck store`, `store show`, `store prune`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from flows.terminal import Json, print_json, quiet_terminal
from soundcheck.errors import StoreError
from soundcheck.store import Store, home_path

KEPT_RUNS = 10

store_app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode="markdown",
    help="""Look at what is kept, where it comes from, and make room.

    Every stage's result is kept under a key that stands for all that decided it, so that a later run reuses
    it. Without a command, all results are listed: by stage, the newest first.

    - `soundcheck store`

    - `soundcheck store show 3f9c`

    - `soundcheck store prune --dry-run`
    """,
)


@store_app.callback()
def list_results(context: typer.Context, as_json: Json = False) -> None:
    """Lists the results, unless a command of its own follows; the help is the app's."""
    if context.invoked_subcommand is not None:
        return
    from flows.store_pages import Listing, print_listing
    from soundcheck.holdings import bytes_of, holdings, part_files
    from tasks.receipts import all_receipts

    store = _store()
    parts = part_files(store)
    listing = Listing(
        store=store,
        results=holdings(store),
        parts=len(parts),
        parts_bytes=sum(map(bytes_of, parts)),
        runs=len(all_receipts(store.root)),
    )
    print_json(listing.to_dict()) if as_json else print_listing(listing)


@store_app.command()
def show(
    key: Annotated[
        str, typer.Argument(help="The beginning of a key, or of STAGE/KEY; as long as it fits only one.")
    ],
    as_json: Json = False,
) -> None:
    """Show one result: what decided it, its files, and where it comes from, down to the clips.

    Every input is followed to the result that it was, until the clips are reached; `gone from the store`
    says that an input's result was removed since, which changes nothing for the results made of it.

    - `soundcheck store show 3f9c12`

    - `soundcheck store show fit/3f`

    - `soundcheck store show fit/3f --json` (with every clip's digest)
    """
    from flows.store_pages import Page, print_page
    from soundcheck.holdings import holding_named
    from tasks.receipts import all_receipts

    store = _store()
    holding = holding_named(store, key)
    if holding.inventory is None:
        raise StoreError(
            f"{holding.path} is damaged: its inventory is missing or altered; the next run that needs this "
            "result makes it again"
        )
    runs = [one for one in all_receipts(store.root).values() if holding.path in one.results]
    page = Page.of(store, holding, holding.inventory, runs)
    print_json(page.to_dict()) if as_json else print_page(page)


@store_app.command()
def prune(
    keep_runs: Annotated[
        int, typer.Option(min=0, help="How many MLflow runs keep their results: those used last.")
    ] = KEPT_RUNS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    as_json: Json = False,
) -> None:
    """Remove the results that no kept run and no registered version needs.

    Kept are the results of the runs used last, of every run that has a version in the model registry, and
    whatever a flow that is running now has used. A run that was deleted in MLflow keeps nothing; where a
    tracking server cannot be asked, its runs are kept. The runs themselves stay in MLflow; training one of
    them again computes again what was removed.

    - `soundcheck store prune --dry-run`

    - `soundcheck store prune --keep-runs 3`
    """
    from tasks.pruning import prune_runs

    with quiet_terminal(as_json):
        pruned = prune_runs(_store(), keep_runs, dry_run=dry_run)
    if as_json:
        print_json(pruned.model_dump(mode="json"))
        return
    from flows.store_pages import pruned_in_words

    sys.stdout.write("\n".join(pruned_in_words(pruned)) + "\n")


def _store() -> Store:
    return Store(home_path() / "store")
