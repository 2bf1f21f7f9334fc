"""Makes Data Docs that open without a network.

Great Expectations' pages take their layout, icons and scripts from content delivery networks. Offline
they are bare, their index is empty, and they are slow to open where packets are dropped rather than
refused; online every reader tells six third parties what he reads. This puts a small style sheet, a
filter and an index of our own in their place.
"""

from __future__ import annotations

import re
import shutil
from html import escape
from pathlib import Path
from urllib.parse import quote

FAILING_CLIPS_FILE = "failing_clips.html"
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; margin: 0 0 3rem; }
a { color: #0072b2; }
h4, h5, h6 { margin: 0.4rem 0; font-size: 1.05rem; }
.navbar-brand, footer, .ge-walkthrough-modal, .modal, [hidden] { display: none; }
.border-bottom { height: auto !important; padding: 0.8rem 2rem; border-bottom: 1px solid #ccc; }
.breadcrumb { display: flex; gap: 0.6rem; list-style: none; margin: 0; padding: 0; }
.breadcrumb-item + .breadcrumb-item::before { content: "/ "; color: #888; }
.container-fluid { padding: 0 1rem; }
body > .container-fluid > .row { display: grid; grid-template-columns: 15rem minmax(0, 1fr); gap: 2rem; }
.sticky { top: 1rem; }
.card { border: 1px solid #ccc; border-radius: 4px; margin: 0.6rem 0; padding: 0.6rem; }
.card-body .nav { list-style: none; margin: 0; padding: 0; }
.card .navbar { display: block; border: 0; padding: 0; }
.alert { padding: 0.5rem 0.8rem; margin: 0.8rem 0 0.3rem; background: #eef1f4; border-radius: 4px; }
.table-responsive { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 0.4rem 0; }
th { text-align: left; background: #f6f7f9; white-space: nowrap; }
th, td { padding: 0.35rem 0.6rem; border: 1px solid #ddd; vertical-align: top; }
td td { overflow-wrap: anywhere; }
td td, td th { font-size: 0.85rem; padding: 0.15rem 0.4rem; }
td td:last-child { min-width: 14rem; }
td > .show-scrollbars { max-height: 26rem; overflow: auto; }
.collapse { display: none; }
.collapse:target { display: block; }
.badge { background: #e3e6ea; border-radius: 3px; padding: 0 0.3rem; }
.badge.critical { background: #b0352b; color: #fff; }
.badge.warning { background: #f0c75e; }
.failing td { overflow-wrap: anywhere; vertical-align: middle; }
.failing + h5 { margin-top: 2rem; }
audio { display: block; height: 2rem; width: 18rem; }
.btn { display: inline-block; border: 1px solid #0072b2; border-radius: 4px; padding: 0.2rem 0.5rem; }
.text-danger { color: #b0352b; }
.text-success { color: #00724f; }
.fa-check-circle::before { content: "\\2714  holds"; }
.fa-times::before { content: "\\2718  fails"; }
.fa-exclamation-triangle::before { content: "\\26A0  error"; }
.fas { font-style: normal; font-weight: 600; white-space: nowrap; }
@media (max-width: 800px) { body > .container-fluid > .row { display: block; } }
"""
SCRIPT = """
function showRows(shown) {
  for (const cell of document.querySelectorAll(".hide-succeeded-validation-target-child"))
    cell.closest("tr").style.display = shown ? "" : "none";
}
function showAllValidations() { showRows(true); }
function hideSucceededValidations() { showRows(false); }
"""
REMOTE = re.compile(
    r"""<script\b[^>]*\bsrc="https?://[^>]*>\s*</script>|<link\b[^>]*\bhref="https?://[^>]*>"""
    r"""|<img\b[^>]*\bsrc="https?://[^>]*>|<footer>.*?</footer>"""
    r"""|<link\b[^>]*favicon[^>]*>|url\('https?://[^']*'\)""",
    re.DOTALL,
)


def make_self_contained(folder: Path) -> None:
    """Rewrites the pages of a Data Docs site in place, so that they refer to nothing outside the site.

    The site's `static` folder, 4 MB of pictures and fonts that its pages do not need, is removed.

    Args:
        folder: the site, with its `index.html`.

    Raises:
        FileNotFoundError: where `folder` holds no Data Docs.
    """
    if not (folder / "index.html").is_file():
        raise FileNotFoundError(f"no Data Docs in {folder}: it has no index.html")
    for page in _pages(folder):
        html = REMOTE.sub("", page.read_text(encoding="utf-8"))
        html = html.replace("</head>", f"<style>{STYLE}</style>\n</head>", 1)
        # Last in the page, so that it replaces the functions that want jQuery.
        html = html.replace("</body>", f"<script>{SCRIPT}</script>\n</body>", 1)
        page.write_text(html, encoding="utf-8")
    write_index(folder)
    shutil.rmtree(folder / "static", ignore_errors=True)


def write_index(folder: Path) -> None:
    """Writes `index.html`: links to the failing clips, where they were written, the results and the suites.

    Great Expectations' own index is a table that only its remote scripts fill.
    """
    failing_clips = [page for page in [folder / FAILING_CLIPS_FILE] if page.exists()]
    links = "\n".join(
        f'<li><a href="{quote(page.relative_to(folder).as_posix())}">{escape(_title(folder, page))}</a></li>'
        for page in [*failing_clips, *reversed(_pages(folder))]
    )
    body = f"<h4>Data Docs</h4>\n<ul>\n{links}\n</ul>"
    (folder / "index.html").write_text(page_of("Data Docs", body), encoding="utf-8")


def page_of(title: str, body: str) -> str:
    """An HTML page in the style of the others; `title` is text, `body` HTML."""
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="UTF-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head>\n"
        f'<body><div class="container-fluid">{body}</div></body>\n</html>\n'
    )


def _pages(folder: Path) -> list[Path]:
    """The pages of suites and results."""
    return sorted(page for page in folder.rglob("*.html") if page.parent != folder)


def _title(folder: Path, page: Path) -> str:
    if page.name == FAILING_CLIPS_FILE:
        return "Failing clips, with their sound"
    kind, *names = page.relative_to(folder).with_suffix("").parts
    return f"Result of the suite {names[0]}" if kind == "validations" else f"The suite {names[-1]}"
