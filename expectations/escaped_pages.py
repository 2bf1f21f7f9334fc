"""Data Docs in which labels, paths and values are text, whatever stands in them.

Great Expectations puts its documents into HTML as they are, but for the parameters of its templates. An
archive or a table from anywhere decides what a label or a path is.
"""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

from great_expectations.render.components import RenderedDocumentContent
from great_expectations.render.view.view import DefaultJinjaPageView

ESCAPED_BY_GREAT_EXPECTATIONS = "params"


class EscapedPageView(DefaultJinjaPageView):
    """Great Expectations' view of a page, with every text of the document escaped."""

    def __init__(self) -> None:
        super().__init__()
        self.env = _environment()

    def render(self, document: RenderedDocumentContent, template: str | None = None, **settings: Any) -> str:
        """The page as HTML."""
        return self._get_template(template or self._template).render(
            _escaped(document.to_json_dict()), **settings
        )


@cache
def _environment() -> Any:
    """Jinja's; one for all sections of a site: each would make its own, and compile all templates anew."""
    return DefaultJinjaPageView().env


def _escaped(content: Any) -> Any:
    """A part of a document: texts escaped, in lists and dictionaries too."""
    if isinstance(content, str):
        return escape(content, quote=False)
    if isinstance(content, list):
        return [_escaped(part) for part in content]
    if isinstance(content, dict):
        return {
            key: part if key == ESCAPED_BY_GREAT_EXPECTATIONS else _escaped(part)
            for key, part in content.items()
        }
    return content
