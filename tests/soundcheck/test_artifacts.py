"""Recipes: equal where everything that decides is equal, and differences in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from soundcheck.artifacts import Artifact, Recipe, canonical_json, digest_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = TEXT | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()


def recipe(
    inputs: dict[str, Any] | None = None, code: str = "c0de", versions: dict[str, str] | None = None
) -> Recipe:
    return Recipe(
        stage="fit",
        inputs={"training.learning_rate": 0.001, "manifest.digest": "aa"} if inputs is None else inputs,
        code=code,
        versions={"keras": "3.15.1"} if versions is None else versions,
    )


def test_artifacts_and_recipes_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Artifact(kind="fit", path="p", digest="d").digest = "other"  # pyright: ignore
    with pytest.raises(ValidationError, match="frozen"):
        recipe().code = "other"  # pyright: ignore


def test_the_key_does_not_depend_on_the_order_of_inputs() -> None:
    assert recipe({"a": 1, "b": 2}).key == recipe({"b": 2, "a": 1}).key


@pytest.mark.parametrize(
    "other",
    [
        recipe({"training.learning_rate": 0.003, "manifest.digest": "aa"}),
        recipe({"training.learning_rate": 0.001}),
        recipe(code="other"),
        recipe(versions={"keras": "3.15.2"}),
        recipe().model_copy(update={"stage": "evaluate"}),
    ],
)
def test_everything_in_a_recipe_decides_its_key(other: Recipe) -> None:
    assert other.key != recipe().key


@pytest.mark.parametrize(("one", "other"), [(True, 1), (1, 1.0), (None, "None"), (1, "1")])
def test_values_of_another_type_are_other_values(one: Any, other: Any) -> None:
    assert recipe({"x": one}).key != recipe({"x": other}).key
    assert recipe({"x": one}).changes_since(recipe({"x": other}))


@given(st.dictionaries(TEXT, SCALARS))
def test_a_recipe_survives_json(inputs: dict[str, Any]) -> None:
    original = recipe(inputs)
    restored = Recipe.model_validate_json(original.model_dump_json())
    assert restored == original
    assert restored.key == original.key


@given(st.dictionaries(TEXT, SCALARS), st.dictionaries(TEXT, SCALARS))
def test_recipes_have_one_key_exactly_where_nothing_changed(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    changes = recipe(one).changes_since(recipe(other))
    assert (recipe(one).key == recipe(other).key) == (not changes)


def test_changes_in_words() -> None:
    now = recipe(
        {"training.learning_rate": 0.0003, "manifest.digest": "bb", "seed": 1}, "new", {"keras": "4"}
    )
    assert now.changes_since(recipe()) == [
        "manifest changed",
        "seed None -> 1",
        "training.learning_rate 0.001 -> 0.0003",
        "code changed",
        "keras 3.15.1 -> 4",
    ]
    assert recipe().changes_since(recipe()) == []


def test_canonical_json_is_one_text() -> None:
    assert canonical_json({"b": [1, 0.5], "a": "é"}) == '{"a":"é","b":[1,0.5]}'.encode()
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_hold_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"x": value})
