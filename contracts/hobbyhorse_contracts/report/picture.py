"""Where everything stands in the picture of a history: time runs down, lanes are client, API and result origin.

Pure geometry, in the picture's own units; `templates/timeline.svg.j2` draws it. Height stands for time only roughly: a
sleep is as high as the logarithm of its seconds, so that 15 s and 10 minutes are both readable and not the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log2
from typing import TYPE_CHECKING

from .moments import Moment, facts, folded, letters, moments, short, shortened
from .printable import clipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..history import History, Truth
    from ..scenario import Scenario

WIDTH = 920
AXIS, CLIENT, API, RESULTS = 84, 176, 520, 790
LANES = {"client": CLIENT, "api": API, "results": RESULTS}
_TOP = 58
_BOTTOM = 22
_HEIGHTS = {"call": 32, "request": 50, "event": 24, "sleep": 30, "answer": 36, "act": 32, "silence": 36}
_SLEEP_STEP = 7.0  # a doubling of the seconds
_GAP_MOST = 40.0
_MOST = 56  # moments; what is farther from the proof is told, not drawn
_BARS = 6  # lives of tasks that fit between the lanes
_BAR_STEP = 13
_HUES = 6
_LABEL = 16  # the least distance of two labels
_CHARS = {"api": 38, "results": 76}  # that fit on an arrow
_WIDE = 86  # characters that fit beside the client's lane


@dataclass(frozen=True, slots=True)
class Slot:
    """A moment with its place: from `y`, `height` high. `time` is empty where it is that of the slot above.

    `text` and `reply` are cut to what fits; `x` is the lane that was asked.
    """

    moment: Moment
    y: float
    height: float
    x: float
    time: str
    text: str
    reply: str


@dataclass(frozen=True, slots=True)
class Life:
    """A task's life beside the API's lane, from where it was made to where it ended; `open` where it had not yet.

    `unseen` says that no client ever asked for it: nobody will collect what was paid for.
    """

    letter: str
    hue: int
    x: float
    top: float
    bottom: float
    label: str
    label_y: float
    is_open: bool
    is_unseen: bool


@dataclass(frozen=True, slots=True)
class Loop:
    """A frame around turns that were folded into one."""

    y: float
    height: float
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is drawn; `left_out` moments are not. `says` is the picture in a sentence, for who cannot see it."""

    height: float
    slots: tuple[Slot, ...]
    lives: tuple[Life, ...]
    loops: tuple[Loop, ...]
    left_out: int
    says: str
    legend: tuple[tuple[str, int, str, str], ...]


def picture(scenario: Scenario, history: History, proof: Sequence[int] = ()) -> Picture:
    """Return the picture of a history; the rows of `proof` are marked in it."""
    whole = moments(scenario, history, proof)
    told, left_out = shortened(folded(whole), _MOST)
    slots = tuple(_slots(told))
    height = (slots[-1].y + slots[-1].height if slots else _TOP) + _BOTTOM
    names = letters(history)
    hues = {letter: place % _HUES for place, letter in enumerate(names.values())}
    lives = _lives(history, names, slots, height - _BOTTOM)
    known = {truth.id: truth for truth in history.tasks}
    legend = tuple((letter, hues[letter], task, _fate(known.get(task))) for task, letter in names.items())
    return Picture(height, slots, lives, tuple(_loops(slots)), left_out, _says(scenario, history, whole), legend)


def _slots(told: Sequence[Moment]) -> Iterator[Slot]:
    y, before, slept, was_folded = float(_TOP), None, False, False
    for moment in told:
        if before is not None and not slept and moment.at_ms > before:
            y += min(_GAP_MOST, 4 + _SLEEP_STEP * log2(1 + (moment.at_ms - before) / 1000))
        height = _HEIGHTS[moment.kind] + (_SLEEP_STEP * log2(1 + moment.seconds) if moment.kind == "sleep" else 0.0)
        yield Slot(
            moment,
            y,
            height,
            LANES[moment.lane],
            seconds(moment.at_ms) if moment.at_ms != before else "",
            clipped(moment.text, _WIDE if moment.lane == "client" else _CHARS[moment.lane]),
            clipped(moment.reply, _CHARS.get(moment.lane, _WIDE) - sum(len(name) + 3 for name in moment.mishaps)),
        )
        y += height
        is_second = was_folded and moment.times > 1
        before = moment.until_ms if is_second and moment.until_ms is not None else moment.at_ms
        slept, was_folded = moment.kind == "sleep", moment.times > 1 and not is_second


def seconds(at_ms: int) -> str:
    """Return an instant as it is shown: `+15 s`, `+0.25 s`."""
    return f"+{short(at_ms / 1000)} s"


def _loops(slots: Sequence[Slot]) -> Iterator[Loop]:
    """Yield a frame around each pair of slots that stands for several; folded ones come in pairs."""
    folded_slots = [slot for slot in slots if slot.moment.times > 1]
    for first, second in zip(folded_slots[::2], folded_slots[1::2], strict=False):
        last = max(first.moment.until_ms or 0, second.moment.until_ms or 0)
        text = f"{first.moment.times} times, until {seconds(last)}"
        yield Loop(first.y - 2, second.y + second.height - first.y + 2, text)


def _lives(history: History, names: dict[str, str], slots: Sequence[Slot], floor: float) -> tuple[Life, ...]:
    made = {slot.moment.made: slot.y + 18 for slot in slots if slot.moment.made}
    drawn = [truth for truth in history.tasks if names[truth.id] in made]
    asked = {row.task for row in history.rows if row.route != "create"}
    lives = []
    for place, truth in enumerate(drawn[:_BARS]):
        letter = names[truth.id]
        ends = truth.canceled_ms if truth.canceled_ms is not None else truth.ends_ms
        is_open = ends is None or ends > history.ended_ms or truth.status in {"PENDING", "RUNNING"}
        bottom = floor if is_open or ends is None else max(made[letter] + 14, min(floor, _height_of(ends, slots)))
        is_unseen = truth.id not in asked
        label = truth.status + (", nobody asked for it" if is_unseen else "")
        hue = list(names).index(truth.id) % _HUES
        x = API + 16 + _BAR_STEP * place
        lives.append(Life(letter, hue, x, made[letter], bottom, label, bottom, is_open, is_unseen))
    return tuple(_labelled(lives, floor))


def _labelled(lives: Sequence[Life], floor: float) -> Iterator[Life]:
    """Yield the lives with their labels at their ends, none over another: first pushed down, then up from the floor."""
    lowest, last = floor - _LABEL * (len(lives) - 1), 0.0
    for life in sorted(lives, key=lambda life: life.bottom):
        last = max(last + _LABEL, min(life.bottom, lowest))
        lowest += _LABEL
        yield replace(life, label_y=last)


def _height_of(at_ms: int, slots: Sequence[Slot]) -> float:
    """Return where an instant lies: between the last slot that is not after it and the first that is."""
    before = [slot for slot in slots if slot.moment.at_ms <= at_ms]
    if not before:
        return _TOP
    last = before[-1]
    later = next((slot for slot in slots if slot.moment.at_ms > at_ms), None)
    if later is None:
        return last.y + last.height
    share = (at_ms - last.moment.at_ms) / (later.moment.at_ms - last.moment.at_ms)
    return last.y + share * (later.y - last.y) if last.moment.kind == "sleep" else last.y + last.height


def _fate(truth: Truth | None) -> str:
    return truth.status if truth else ""


def _says(scenario: Scenario, history: History, told: Sequence[Moment]) -> str:
    counted = facts(told)
    words = [f"{count} {name if count != 1 else name.removesuffix('s')}" for name, count in counted.items()]
    ends = [f"{answer.call} {'succeeded' if answer.ok else 'failed'}" for answer in history.answers]
    lasted = f"{short(history.ended_ms / 1000)} virtual seconds"
    return (
        f"Timeline of {clipped(scenario.name, 80)}: {', '.join(words)} in {lasted}; {', '.join(ends) or 'no answer'}."
    )
