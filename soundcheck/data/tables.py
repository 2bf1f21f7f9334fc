"""A source as a table: CSV or Parquet with the columns path, label and, if one likes, speaker and split."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from soundcheck.data.manifest import SPLITS
from soundcheck.errors import SourceError, nearest

if TYPE_CHECKING:
    import pandas as pd

TABLE_SUFFIXES = (".csv", ".parquet")
REQUIRED = ("path", "label")
OPTIONAL = ("speaker", "split")
LONGEST_PATH, LONGEST_LABEL = 4096, 100
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
NO_LABEL = re.compile(r"[\x00-\x1f\x7f/\\]|^\.{1,2}$")  # files and metrics are named after labels
RULES = {
    "path": f"it has more than {LONGEST_PATH} characters, or a control character",
    "label": f"it has more than {LONGEST_LABEL} characters, a slash or a control character, or is a dot",
}


def is_table(path: Path) -> bool:
    """Whether a file is a table by its name."""
    return path.suffix.lower() in TABLE_SUFFIXES


def read_table(path: Path) -> pd.DataFrame:
    """The columns path, label, speaker and split of a table, as text; "" where it does not say.

    Paths are relative to the table's folder, with `/` between their parts, or absolute. A CSV file is
    UTF-8, its first line names the columns; other columns are passed over.

    Raises:
        SourceError: not such a table, a row without path or label, a path that stands twice, or a split
            that is none.
    """
    table = _read(path)
    lacking = [name for name in REQUIRED if name not in table.columns]
    if lacking:
        columns = [str(column) for column in table.columns]
        raise SourceError(
            f"{path} has no column {lacking[0]!r}, its columns are {', '.join(columns)}"
            f"{nearest(lacking[0], columns)}; give path,label[,speaker][,split], in CSV with commas between "
            "them"
        )
    if not len(table):
        raise SourceError(f"{path} has no row; give one a clip")
    table = table.reindex(columns=[*REQUIRED, *OPTIONAL]).astype("str").fillna("")
    for name in table.columns:
        table[name] = table[name].str.strip()
    _check(path, table)
    return table


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd
    from pyarrow import ArrowInvalid

    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path, engine="pyarrow")
        return _read_csv(path)
    except (ValueError, ArrowInvalid) as error:  # what pandas raises for a file that is no CSV is one
        problem = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        raise SourceError(
            f"{path} cannot be read as a table: {problem}; save it as CSV in UTF-8, with commas between the "
            "columns and quotation marks around what holds a comma, or as Parquet"
        ) from error
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror or error}") from error


def _read_csv(path: Path) -> pd.DataFrame:
    """Everything as text: `no`, `null` and `1` are words that somebody may have said."""
    import pandas as pd

    table = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True)
    if not table.index.equals(pd.RangeIndex(len(table))):  # pandas takes surplus fields for names of rows
        raise ValueError("a row has more fields than there are columns")
    return table


def _check(path: Path, table: pd.DataFrame) -> None:
    for name in REQUIRED:
        empty = table.index[table[name] == ""]
        if len(empty):
            raise SourceError(f"{path}: row {empty[0] + 1} has no {name}")
    for name, longest, forbidden in (("path", LONGEST_PATH, CONTROL), ("label", LONGEST_LABEL, NO_LABEL)):
        for value in table[name]:
            if len(value) > longest or forbidden.search(value):
                shown = value[:LONGEST_LABEL]
                raise SourceError(f"{path}: the {name} {shown!r} cannot be used: {RULES[name]}")
    files = table["path"].map(lambda file: os.path.normpath(path.parent / file))
    twice = table.loc[files.duplicated(), "path"]
    if len(twice):
        raise SourceError(f"{path}: {twice.iloc[0]!r} stands there more than once; give a clip one row")
    strange = table.loc[~table["split"].isin(["", *SPLITS]), "split"]
    if len(strange):
        raise SourceError(
            f"{path}: split {strange.iloc[0]!r} is none of {', '.join(SPLITS)}; leave it empty to have one "
            "assigned"
        )
