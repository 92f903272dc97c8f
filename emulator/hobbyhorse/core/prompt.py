"""How long a prompt is, and where it is cut."""

from __future__ import annotations

import re

# The Han script's blocks. Which characters the upstream calls Chinese is not told (assumed).
CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


def cut(text: str, limit: int | None, chinese: int) -> str:
    """Return as much of `text` as weighs at most `limit`, a Chinese character weighing `chinese`, any other 1.

    What is over is dropped without a word, as documented (OD-T2V); None means no limit.
    """
    if limit is None or len(text) * chinese <= limit:
        return text
    weight = 0
    for index, character in enumerate(text):
        weight += chinese if CHINESE.match(character) else 1
        if weight > limit:
            return text[:index]
    return text
