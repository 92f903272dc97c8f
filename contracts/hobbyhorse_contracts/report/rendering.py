"""The templates. What is put into one is cleaned of control characters and escaped; no template says else."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from .printable import pairs, plain


@cache
def environment() -> Environment:
    """Return the templates' environment; made once."""
    made = Environment(
        loader=PackageLoader("hobbyhorse_contracts.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_clean,
    )
    made.filters |= {"slug": slug, "pairs": pairs, "prose": prose}
    return made


def slug(text: object) -> str:
    """Return a text as a name in markup: `not testable` is `not-testable`."""
    return re.sub(r"[^a-z0-9]+", "-", str(text).lower()).strip("-")


def prose(text: str) -> Markup:
    """Return a sentence with its `code` set as such, all else escaped."""
    parts = plain(text).split("`")
    if len(parts) % 2 == 0:
        return escape(plain(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )


def style() -> Markup:
    """Return the page's style sheet. It is ours, so it is not escaped."""
    loader = environment().loader
    if loader is None:
        raise RuntimeError("the environment has templates")
    return Markup(loader.get_source(environment(), "page.css")[0])  # noqa: S704 - a file of this package


def _clean(value: Any) -> Any:
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
