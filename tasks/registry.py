"""The registry: which models become versions, and which version is the champion."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from prefect import task
from prefect.cache_policies import NO_CACHE

from soundcheck.artifacts import digest_of
from soundcheck.config import SYNTHETIC
from soundcheck.files import exclusive
from tasks.interruption import uninterrupted
from tasks.local_database import alias_of
from tasks.receipts import Registration
from tasks.serving import card_of, load_card, load_served_model
from tasks.tracking_server import open_database, registry_uri

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion
    from numpy.typing import NDArray

    from soundcheck.config import Config
    from soundcheck.data.sources import Source
    from soundcheck.evaluation.comparison import Verdict
    from soundcheck.features.profile import Profile
    from soundcheck.serving import Card, ServedModel
    from tasks.results import Results
    from tasks.tracking import TrackedRun

CHAMPION = "champion"
CARD_DIGEST = "soundcheck.card_digest"
VERDICT = "soundcheck.verdict"
JUDGED_AGAINST = "soundcheck.verdict.champion"  # the version that was champion then
DECISIVE = ("pass", "fail")
MODEL_NAME = "speech-commands"
VERSIONS_A_PAGE = 1000


def default_model_name(config: Config) -> str:
    """The registered model's name, unless given: synthetic speech is never compared with real speech."""
    return f"{MODEL_NAME}-demo" if config.data.source == SYNTHETIC else MODEL_NAME


def registered_run_ids(client: MlflowClient) -> set[str]:
    """The runs that some version of some registered model comes from."""
    run_ids: set[str] = set()
    token: str | None = None
    while True:
        page = client.search_model_versions(max_results=VERSIONS_A_PAGE, page_token=token)
        run_ids.update(version.run_id for version in page if version.run_id)
        token = page.token
        if not token:
            return run_ids


@dataclass(frozen=True)
class _Candidate:
    """A model at the gate, and where it comes from."""

    card: Card
    results: Results
    config: Config


@task(task_run_name="register", cache_policy=NO_CACHE)
def register(run: TrackedRun, results: Results, config: Config, model_name: str) -> Registration:
    """A version of a model that beats every baseline; the champion, of one that is not lower than it."""
    unbeaten = _unbeaten_baseline(results)
    if unbeaten is not None:
        return Registration(
            outcome="skipped", why=unbeaten, model_name=model_name, model_version=None, champion=False
        )
    known = run.receipt.registrations.get(model_name)
    standing = known and _standing(run, known)
    if standing is None:
        candidate = _Candidate(card_of(results, config), results, config)
        # One at a time, so that none is judged against a champion that has just been replaced.
        gate = digest_of([run.receipt.tracking_uri, registry_uri(), model_name])
        with exclusive(run.home / "locks" / f"registry-{gate}"):
            standing = _registered(run, candidate, model_name)
        registrations = {**run.receipt.registrations, model_name: standing}
        run.noted(registrations=registrations, registry_uri=registry_uri())
    return standing


@uninterrupted()
def champion_profile(home: Path, model_name: str, config: Config) -> Profile | None:
    """How the features of the champion's training clips are distributed.

    None where there is no champion, or one that sees other features than `config` gives.
    """
    champion = _champion(open_database(home), model_name)
    if champion is None:
        return None
    card = load_card(champion)
    ours = (config.features.model_dump(), config.data.sample_rate_hz)
    return card.profile if (card.features, card.sample_rate_hz) == ours else None


@uninterrupted()
def _registered(run: TrackedRun, candidate: _Candidate, model_name: str) -> Registration:
    client = run.connect()
    version = _version_of(client, model_name, candidate.card.digest)
    if version is not None:
        champion = _champion(client, model_name)
        judged = _reused(version, champion.version if champion else None)
        if judged is not None:
            return judged
    return _judge(client, version or _new_version(client, run, candidate, model_name), candidate)


def _standing(run: TrackedRun, known: Registration) -> Registration | None:
    """What a receipt says of the run's version, where it still holds; else the registry is asked."""
    if known.model_version is None or registry_uri():
        return None
    champion = alias_of(run.receipt, known.model_name, known.model_version, CHAMPION)
    return _still(known, champion) if champion else None


def _still(known: Registration, champion: str | None) -> Registration | None:
    """A version's registration with another champion by now: a verdict that was none is reached anew."""
    if known.verdict not in DECISIVE and champion not in (known.model_version, known.judged_against):
        return None
    why = f"version {known.model_version} holds this very model"
    changes = {"outcome": "reused", "why": why, "champion": champion == known.model_version}
    return known.model_copy(update=changes)


def _unbeaten_baseline(results: Results) -> str | None:
    accuracy = results.read_report()["metrics"]["test"]["accuracy"]
    best = max(results.read_baselines().baselines, key=lambda one: one.test_accuracy)
    if accuracy > best.test_accuracy:
        return None
    return (
        f"test accuracy {accuracy:.3f} does not beat the baseline {best.name} ({best.test_accuracy:.3f}): "
        "not registered"
    )


def _version_of(client: MlflowClient, model_name: str, model_digest: str) -> ModelVersion | None:
    found = client.search_model_versions(f"name = '{model_name}' and tags.`{CARD_DIGEST}` = '{model_digest}'")
    return found[0] if found else None


def _reused(version: ModelVersion, champion: str | None) -> Registration | None:
    """The registration of a version that was judged already; None where it has to be."""
    if VERDICT not in version.tags:
        return None
    known = Registration(
        outcome="reused",
        why="",
        model_name=version.name,
        model_version=str(version.version),
        champion=False,
        verdict=version.tags[VERDICT],  # pyright: ignore[reportArgumentType] (pydantic checks it)
        judged_against=version.tags.get(JUDGED_AGAINST) or None,
    )
    return _still(known, champion and str(champion))


def _new_version(
    client: MlflowClient, run: TrackedRun, candidate: _Candidate, model_name: str
) -> ModelVersion:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(model_name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    accuracy = candidate.results.read_report()["metrics"]["test"]["accuracy"]
    tags = {
        CARD_DIGEST: candidate.card.digest,
        "soundcheck.labels": ",".join(candidate.card.labels),
        "soundcheck.test_accuracy": f"{accuracy:.4f}",
    }
    return client.create_model_version(
        model_name, source=run.model_uri, run_id=run.run_id, tags=tags, model_id=run.model_id
    )


def _judge(client: MlflowClient, version: ModelVersion, candidate: _Candidate) -> Registration:
    champion = _champion(client, version.name)
    if champion is None or champion.version == version.version:
        promoted, verdict, why = True, "pass", "there was no champion"
    else:
        judged = _compare(champion, version, candidate)
        promoted, verdict, why = judged.outcome == "pass", judged.outcome, judged.why
    rival = None if champion is None else str(champion.version)
    client.set_model_version_tag(version.name, version.version, f"{VERDICT}.why", why)
    client.set_model_version_tag(version.name, version.version, JUDGED_AGAINST, rival or "")
    if promoted:
        client.set_registered_model_alias(version.name, CHAMPION, version.version)
    # Last, for it says that the judgement is complete: an interrupted one is repeated.
    client.set_model_version_tag(version.name, version.version, VERDICT, verdict)
    standing = "champion" if promoted else "not promoted"
    return Registration(
        outcome="rebuilt",
        why=f"version {version.version} {standing} ({verdict}): {why}",
        model_name=version.name,
        model_version=str(version.version),
        champion=promoted,
        verdict=verdict,
        judged_against=rival,
    )


def _champion(client: MlflowClient, model_name: str) -> ModelVersion | None:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(model_name, CHAMPION)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _compare(champion: ModelVersion, version: ModelVersion, candidate: _Candidate) -> Verdict:
    from soundcheck.data.manifest import origins
    from soundcheck.evaluation.comparison import comparable_clips, compare

    rival, card = load_served_model(champion), candidate.card
    test = candidate.results.read_manifest().query("split == 'test'")
    mask = comparable_clips(origins(test).tolist(), card.seen_digests, rival.card.seen_digests)
    fair = test.loc[mask]
    same_labels = set(rival.card.labels) == set(card.labels)
    # Both as they would be served. Models of other labels are not asked: `compare` refuses them.
    models = (load_served_model(version), rival) if same_labels else ()
    source = candidate.results.source
    correct = [_correct(model, fair, source) for model in models] or [np.zeros(len(fair), dtype=bool)] * 2
    return compare(
        candidate_correct=correct[0],
        champion_correct=correct[1],
        candidate_labels=card.labels,
        champion_labels=rival.card.labels,
        min_clips=candidate.config.registry.min_comparable_clips,
    )


def _correct(served: ServedModel, rows: pd.DataFrame, source: Source) -> NDArray[np.bool_]:
    from soundcheck.data.waveforms import read_waveforms

    if not len(rows):
        return np.zeros(0, dtype=bool)
    card = served.card
    waveforms = read_waveforms(source, rows, card.sample_rate_hz, card.clip_length)
    predicted = np.array(card.labels)[served.probabilities(waveforms).argmax(axis=1)]
    return predicted == rows["label"].to_numpy(dtype=str)
