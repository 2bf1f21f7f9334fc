"""Reports made by hand, and a reader of the pages that become of them."""

from html.parser import HTMLParser
from io import BytesIO

import numpy as np

from soundcheck.data.waveforms import to_wav
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.report.page import (
    Bullets,
    ClipCard,
    Clips,
    Command,
    Facts,
    Figure,
    Findings,
    Folded,
    Headline,
    Link,
    Paragraph,
    Report,
    Section,
    Table,
)

VOID = {"meta", "img", "br", "link", "input", "hr"}


def png(width=4, height=3, seed=0):
    from PIL import Image

    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    with BytesIO() as file:
        Image.fromarray(pixels).save(file, format="png")
        return file.getvalue()


def wav(samples=100, seed=0):
    return to_wav(np.random.default_rng(seed).uniform(-1, 1, samples).astype(np.float32), 16000)


class Page(HTMLParser):
    """A page as a browser reads it: elements with their attributes, and text without style and script."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts, self.open = [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.texts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())

    def all(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]


def finding(**changes):
    values = {
        "rule": "learning_rate",
        "severity": Severity.ERROR,
        "cause": Cause.LEARNING_RATE_HIGH,
        "where": Where("argument", "learning_rate"),
        "evidence": (Evidence("update ratio", 0.5, 0.01, 16), Evidence("loss", float("nan"))),
        "message": "Each step is too large.",
        "remedy": "Set the learning rate to 0.001.",
    }
    return Finding(**(values | changes))


def report(*blocks, **changes):
    values = {
        "title": "a model",
        "subtitle": "of some clips",
        "verdict": "It is good.",
        "headlines": (Headline("Accuracy", "92.1 %", "90 to 94 %"),),
        "sections": (Section("A section", "What it comes to.", blocks),),
        "next_step": "Record more.",
    }
    return Report(**(values | changes))


def every_block(text="x"):
    """One block of each kind, with a text in each place that takes one."""
    figure = Figure(png(), text, text)
    return (
        Paragraph(text),
        Bullets((text,)),
        figure,
        Table(text, (text, "Count"), ((text, "12"),), text),
        Findings((finding(message=text, remedy=text, where=Where("layer", text)),)),
        Clips((ClipCard(text, text, text, text, wav(), figure), ClipCard(text, text, "other", text))),
        Facts({text: text}),
        Command(text),
        Link(text, "http://127.0.0.1:5000/#/runs/1"),
        Folded(text, (Paragraph(text),)),
    )
