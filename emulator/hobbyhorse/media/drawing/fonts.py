"""Finds installed fonts: plain, bold and fixed-width Latin, and one with Chinese, Japanese and Korean.

Only looks at file names; Pillow opens the files later. Where nothing is installed, Pillow's own font is the last
resort: it has no Chinese and not even an e with an accent, so `Fonts.advice` then names the package to install.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

NO_CHINESE = (
    "no Chinese font found: prompts will show boxes in the pictures. Install one: Debian and Ubuntu "
    "`apt install fonts-droid-fallback`, Fedora `dnf install google-droid-sans-fonts`, "
    "Alpine `apk add font-wqy-zenhei`, "
    "macOS has PingFang and Hiragino; or name a font file in the setting `font`"
)
NO_LATIN = (
    "no Latin font found but the one that Pillow carries: accents will be missing in the pictures. Install one: Debian "
    "and Ubuntu `apt install fonts-liberation`, Fedora `dnf install liberation-fonts`, Alpine `apk add font-liberation`"
)

FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
    "/opt/homebrew/share/fonts",
)


@dataclass(frozen=True, slots=True)
class Face:
    """A font file and which of its faces; an empty path is the font that Pillow carries."""

    path: str = ""
    index: int = 0


BUILT_IN = Face()

# File name and face number, best first.
PLAIN = (
    ("Inter-Regular.ttf", 0),
    ("LiberationSans-Regular.ttf", 0),
    ("NotoSans-Regular.ttf", 0),
    ("HelveticaNeue.ttc", 0),
    ("Helvetica.ttc", 0),
    ("Arial.ttf", 0),
    ("DejaVuSans.ttf", 0),
)
BOLD = (
    ("Inter-Bold.ttf", 0),
    ("LiberationSans-Bold.ttf", 0),
    ("NotoSans-Bold.ttf", 0),
    ("HelveticaNeue.ttc", 1),
    ("Helvetica.ttc", 1),
    ("Arial Bold.ttf", 0),
    ("DejaVuSans-Bold.ttf", 0),
)
FIXED = (
    ("LiberationMono-Regular.ttf", 0),
    ("NotoSansMono-Regular.ttf", 0),
    ("Menlo.ttc", 0),
    ("DejaVuSansMono.ttf", 0),
)
CHINESE = (
    ("NotoSansCJK-Regular.ttc", 2),  # the third face is simplified Chinese
    ("NotoSansCJKsc-Regular.otf", 0),
    ("NotoSansSC-Regular.otf", 0),
    ("SourceHanSansSC-Regular.otf", 0),
    ("PingFang.ttc", 0),
    ("Hiragino Sans GB.ttc", 0),
    ("STHeiti Light.ttc", 0),
    ("DroidSansFallbackFull.ttf", 0),
    ("DroidSansFallback.ttf", 0),
    ("wqy-microhei.ttc", 0),
    ("wqy-zenhei.ttc", 0),
    ("Arial Unicode.ttf", 0),
    ("uming.ttc", 0),
)
# Asked for single characters that the others lack: symbols, Greek, Cyrillic.
OTHER = (("DejaVuSans.ttf", 0), ("NotoSansSymbols2-Regular.ttf", 0), ("Apple Symbols.ttf", 0))


@dataclass(frozen=True, slots=True)
class Fonts:
    """Chains of faces by role, asked in order for a face that has the characters; none is empty.

    `advice` is one line for the log when fonts are missing, else None.
    """

    plain: tuple[Face, ...]
    bold: tuple[Face, ...]
    fixed: tuple[Face, ...]
    advice: str | None


def find(font: str | None = None) -> Fonts:
    """Return the installed fonts, `font` (a file) before all others. Raises ValueError where it is no file."""
    if font is not None and not Path(font).is_file():
        raise ValueError(f"there is no font file {font!r}")
    files = installed()
    own = (Face(font),) if font else ()
    plain, chinese, other = _first(files, PLAIN), _first(files, CHINESE), _first(files, OTHER)
    rest = (*chinese, *other, BUILT_IN)
    advice = None if own or (chinese and plain) else NO_LATIN if chinese else NO_CHINESE
    return Fonts(
        plain=(*own, *plain, *rest),
        bold=(*own, *_first(files, BOLD), *plain, *rest),
        fixed=(*own, *_first(files, FIXED), *plain, *rest),
        advice=advice,
    )


@lru_cache(1)
def installed() -> dict[str, str]:
    """Return the path of every installed font file by its name."""
    found: dict[str, str] = {}
    for folder in FOLDERS:
        for parent, _, names in os.walk(Path(folder).expanduser()):
            for name in names:
                found.setdefault(name, str(Path(parent, name)))
    return found


def _first(files: dict[str, str], wanted: tuple[tuple[str, int], ...]) -> tuple[Face, ...]:
    """Return the best of the wanted faces that is installed, as a tuple of none or one."""
    return next(((Face(files[name], index),) for name, index in wanted if name in files), ())
