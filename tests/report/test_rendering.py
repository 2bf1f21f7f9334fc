import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_pages import Page, every_block, finding, png, report, wav

import soundcheck.report
from soundcheck.debugging.findings import Severity
from soundcheck.report.page import (
    MOST_ROWS,
    Block,
    ClipCard,
    Clips,
    Facts,
    Figure,
    Findings,
    Folded,
    Link,
    Paragraph,
    Section,
    Table,
)
from soundcheck.report.rendering import LARGEST_PAGE_BYTES, NOTES_BYTES, render

HOSTILE = [
    "<script>alert(1)</script>",
    "{{7*7}} {% raw %}",
    "</style></script></title>",
    '"\' onload="alert(1)" \'',
    "مرحبا \u202eevil",
    "🎤😀",
    "x" * 300,
    "a & b &amp; c",
]


def page_with(*blocks, **changes):
    return Page(render(report(*blocks, **changes)))


def test_the_verdict_comes_before_all_else():
    text = page_with(Paragraph("details")).text
    assert (
        text.index("It is good.") < text.index("Record more.") < text.index("92.1 %") < text.index("details")
    )


def test_there_is_an_example_of_every_block():
    assert {type(block) for block in every_block()} == set(Block.__args__)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_strangers_named_is_shown_as_text(text):
    everywhere = report(
        *every_block(text),
        title=text,
        subtitle=text,
        verdict=text,
        next_step=text,
        sections=(Section(text, text, every_block(text)),),
    )
    page, harmless = Page(render(everywhere)), Page(render(report(*every_block("x"))))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in harmless.elements]
    assert page.text.count(" ".join(text.split())) > 20
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


@given(text=st.text())
@settings(max_examples=15)
def test_any_text_gives_a_page_that_can_be_written(text):
    html = render(report(Paragraph(text), Table(text, (text,), ((text,),)), Facts({text: text})))
    html.encode()
    Page(html)


def test_a_name_that_is_no_text_does_no_harm():
    render(report(Paragraph("file \udcff.wav"))).encode()


def test_nothing_is_fetched():
    html = render(report(*every_block()))
    for _, attributes in Page(html).elements:
        assert attributes.get("src", "data:").startswith("data:")
    links = [one["href"] for one in Page(html).all("a", "link")]
    assert {link for link in links if not link.startswith("#")} == {"http://127.0.0.1:5000/#/runs/1"}
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|import\(", html)
    [policy] = [one["content"] for one in Page(html).all("meta") if "http-equiv" in one]
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//evil.example", ""])
def test_a_link_is_a_page_and_no_script(address):
    page = page_with(Link("the run", address))
    assert "the run" in page.text
    assert all(one["href"].startswith("#") for one in page.all("a"))


def test_headings_are_in_order():
    sections = tuple(Section(name, "", every_block()) for name in ("One", "Two"))
    levels = [
        int(tag[1])
        for tag, _ in Page(render(report(sections=sections))).elements
        if re.fullmatch(r"h\d", tag)
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_section_is_in_the_contents():
    page = page_with(sections=(Section("One", "", ()), Section("Two", "", ())))
    names = {one["id"] for one in page.all("section")}
    assert [one["href"].removeprefix("#") for one in page.all("a")] == sorted(names)


def test_pictures_sounds_and_tables_can_be_read_aloud():
    page = page_with(*every_block("what it is"))
    assert all(one["alt"] == "what it is" for one in page.all("img"))
    assert all("what it is" in one["aria-label"] for one in page.all("audio"))
    assert len(page.all("caption")) == len(page.all("table")) == 1
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("main")) == len(page.all("nav")) == 1


def test_identifiers_are_unique():
    sections = (Section("One", "", every_block()), Section("One", "", every_block()))
    names = [one["id"] for _, one in page_with(sections=sections).elements if "id" in one]
    assert len(names) == len(set(names))


def test_a_finding_tells_its_evidence_and_its_remedy():
    text = page_with(Findings((finding(), finding(severity=Severity.INFO)))).text
    for part in (
        "error Learning rate high (argument learning_rate)",
        "Change: Set the learning rate to 0.001.",
    ):
        assert part in text
    assert "update ratio 0.5, held against 0.01, at step 16" in text
    assert "loss nan" in text


def test_the_same_sound_is_embedded_once():
    sound, other = wav(seed=1), wav(seed=2)
    cards = tuple(ClipCard("a", "go", "no", "", one) for one in (sound, sound, other))
    page = page_with(Clips(cards), Folded("more", (Clips(cards),)))
    sources = [one["src"] for one in page.all("audio")]
    assert len(sources) == len(set(sources)) == 2
    names = {one["id"] for one in page.all("audio")}
    assert {one["href"] for one in page.all("a") if "sound" in one["href"]} == {f"#{name}" for name in names}
    assert page.text.count("Its sound is above") == 4


def test_numbers_stand_flush_right_and_prose_has_room():
    table = Table("t", ("n", "word", "why"), (("12", "go", "y" * 50), ("-0.5 %", "no", "")))
    assert table.kinds == ("number", "name", "prose")
    assert [one["class"] for one in page_with(table).all("td")] == ["number", "name", "prose"] * 2


def test_a_long_table_is_cut_and_says_so():
    page = page_with(Table("t", ("n",), tuple((str(row),) for row in range(MOST_ROWS + 5))))
    assert len(page.all("td")) == MOST_ROWS
    assert f"The first {MOST_ROWS} of {MOST_ROWS + 5} rows." in page.text


def test_a_row_must_fit_its_columns():
    with pytest.raises(ValueError, match=r"2 cells.*names 1"):
        Table("t", ("n",), (("1", "2"),))


def test_a_huge_report_stays_below_ten_megabytes_and_says_what_is_missing():
    figures = [Figure(png(900, 700, seed), "f", "f") for seed in range(6)]
    cards = tuple(ClipCard(f"{n}", "go", "no", "", wav(64000, n), figures[n % 6]) for n in range(60))
    html = render(report(*figures, Clips(cards)))
    assert len(html.encode()) <= LARGEST_PAGE_BYTES
    page = Page(html)
    assert "pictures were made smaller" in page.text
    assert re.search(r"\d+ of 60 clips have no sound here", page.text)


def test_the_later_clips_lose_their_sound_first():
    figure = Figure(png(), "f", "f")
    cards = tuple(ClipCard(f"clip {n}", "go", "no", "", wav(1000, n), figure) for n in range(10))
    whole = len(render(report(Clips(cards))))
    html = render(report(Clips(cards)), largest_bytes=whole - 5000)
    assert len(html) <= whole - 5000
    page = Page(html)
    assert 0 < len(page.all("audio")) < 10
    assert [one["aria-label"] for one in page.all("audio")] == [
        f"Sound of clip {n}, labelled go" for n in range(len(page.all("audio")))
    ]
    assert len(page.all("img")) == 10


def test_what_is_folded_away_loses_its_sound_before_what_is_not():
    cards = [ClipCard(f"clip {n}", "go", "no", "", wav(1000, n)) for n in range(4)]
    blocks = (
        Folded("first", (Clips((cards[0],)), Folded("within", (Clips((cards[1],)),)))),
        Clips(tuple(cards[2:])),
    )
    whole = len(render(report(*blocks)))
    heard = []
    for lost in (1000, 4000, 7000):
        page = Page(render(report(*blocks), largest_bytes=whole - lost + NOTES_BYTES))
        heard.append([one["aria-label"].split()[3].strip(",") for one in page.all("audio")])
    assert heard == [["0", "2", "3"], ["2", "3"], ["2"]]


def test_a_picture_that_is_left_out_is_described():
    figure = Figure(png(400, 300), "What it shows.", "a curve that falls")
    page = Page(render(report(figure), largest_bytes=30_000))
    assert page.all("img") == []
    assert "a curve that falls" in page.text
    assert "1 of 1 pictures were left out." in page.text


def test_an_svg_is_shown_as_one():
    image = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"></svg>'
    [shown] = page_with(Figure(image, "f", "f")).all("img")
    assert shown["src"].startswith("data:image/svg+xml;base64,")


def test_the_same_report_gives_the_same_page():
    assert render(report(*every_block())) == render(report(*every_block()))


STYLE = (Path(soundcheck.report.__file__).parent / "report.css").read_text()
COLOURS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--(\w+): light-dark\(#(\w{6}), #(\w{6})\)", STYLE)
}


def luminance(colour):
    """Of WCAG 2.2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "card"])
@pytest.mark.parametrize("text", ["text", "muted", "accent", "good", "warning", "bad"])
def test_text_can_be_read_in_both_modes(text, ground, mode):
    """WCAG 2.2, level AA: a contrast of 4.5."""
    darker, lighter = sorted(luminance(COLOURS[name][mode]) for name in (text, ground))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_sections_may_be_empty():
    page = page_with(sections=(replace(report().sections[0], lead="", blocks=()),))
    assert "A section" in page.text
