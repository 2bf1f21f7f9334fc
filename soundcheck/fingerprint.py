"""A fingerprint of the code that decides a result.

It is made of syntax trees, so that comments, docstrings and layout do not count, and of every project
module that the named ones import, also inside functions. It may change without need, never the reverse.
An implementation that is chosen by name and imported through importlib is not seen: whoever chooses it
names its module. Imports under `if TYPE_CHECKING:` cannot decide a result and do not count.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

PROJECT_PACKAGES = ("soundcheck", "expectations")


def code_of(modules: Iterable[str]) -> str:
    """Hex SHA-256 over the syntax trees of `modules` and of the project modules they import.

    Raises:
        ModuleNotFoundError: for a name in `modules` that is no module with source.
    """
    sources = sorted(closure(modules).items())
    lines = "".join(f"{name} {_tree_digest(path.read_bytes())}\n" for name, path in sources)
    return hashlib.sha256(lines.encode()).hexdigest()


def closure(modules: Iterable[str]) -> dict[str, Path]:
    """Source files, by module name, of `modules` and of what they import of the project, transitively."""
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        path = _source_of(name)
        if path is None:
            raise ModuleNotFoundError(f"no source of module {name!r} to take a fingerprint of", name=name)
        found[name] = path
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        imported = _imports_of(path.read_bytes(), package) - found.keys()
        waiting += sorted(one for one in imported if _source_of(one) is not None)
    return found


def _source_of(name: str) -> Path | None:
    """The file of a module, found without importing anything: what is fingerprinted may be heavy."""
    package, *rest = name.split(".")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    module = Path(next(iter(spec.submodule_search_locations)), *rest)
    candidates = (module / "__init__.py", module.with_name(f"{module.name}.py"))
    return next((path for path in candidates if path.is_file()), None)


@lru_cache(maxsize=512)
def _imports_of(source: bytes, package: str) -> frozenset[str]:
    """What a module of a package imports from the project: modules, and perhaps names in them."""
    names: set[str] = set()
    for node in ast.walk(_tree(source)):
        names.update(_imported_names(node, package))
    return frozenset(name for name in names if name.partition(".")[0] in PROJECT_PACKAGES)


def _imported_names(node: ast.AST, package: str) -> Iterator[str]:
    """Candidates for modules: `from a.b import c` may import the modules a, a.b and a.b.c."""
    if isinstance(node, ast.Import):
        bases = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
        bases = [f"{base}.{alias.name}" for alias in node.names]
    else:
        return
    for base in bases:
        parts = base.split(".")
        yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))


@lru_cache(maxsize=512)
def _tree_digest(source: bytes) -> str:
    return hashlib.sha256(ast.dump(_tree(source)).encode()).hexdigest()


@lru_cache(maxsize=512)
def _tree(source: bytes) -> ast.Module:
    return _Essential().visit(ast.parse(source))


class _Essential(ast.NodeTransformer):
    """Drops what cannot decide a result: docstrings and blocks for type checkers."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return node.orelse
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [statement for statement in node.body if not _is_text(statement)]
        return node


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
