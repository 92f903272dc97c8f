"""PAY: what is sent is what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .calls import makers, posts, prompt_of
from .reading import in_order, part, same_text, sent
from .registry import Found, broken, checks, kept, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..history import History, Problem, Row
    from ..scenario import Call, Scenario

# Parameters that the reference pages document for any model of this path; others are for `passthrough`.
KNOWN = frozenset(
    (  # noqa: SIM905 - a list of names reads better so
        "resolution ratio duration watermark seed audio_setting size prompt_extend shot_type audio negative_prompt"
    ).split()
)
LIMIT = 5000  # units of a prompt: a Chinese character counts two, any other one (OD-T2V)
_LONG = 400  # characters from which a prompt can be shortened by a limit somebody thought of
_HAN = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))


class Pair(NamedTuple):
    """A create request, and the call that it is for."""

    call: Call
    row: Row
    body: Mapping[str, Any]

    @property
    def wanted(self) -> Mapping[str, Any]:
        """The parameters that the caller set."""
        return part(self.call.request, "parameters")

    @property
    def given(self) -> Mapping[str, Any]:
        """The parameters that arrived; one that is null is as good as absent."""
        return {name: value for name, value in part(self.body, "parameters").items() if value is not None}


def pairs(scenario: Scenario, history: History) -> list[Pair]:
    """Return every create request that can be read, with its call."""
    rows = posts(scenario, history)
    return [Pair(call, row, body) for call in makers(scenario) for row in rows[call.id] if (body := sent(row))]


def weight(prompt: str) -> int:
    """Return the length of a prompt as the limit counts it."""
    return sum(2 if any(least <= ord(letter) <= most for least, most in _HAN) else 1 for letter in prompt)


@checks("PAY-01")
def prompt(scenario: Scenario, history: History) -> Found:
    """Hold prompts that arrived against those that were given."""
    rows = [pair for pair in pairs(scenario, history) if prompt_of(pair.call.request)]
    bad = [pair for pair in rows if not same_text(prompt_of(pair.call.request), prompt_of(pair.body))]
    if bad:
        return broken(_differ(prompt_of(bad[0].call.request), prompt_of(bad[0].body)), [pair.row for pair in bad])
    return kept("every prompt arrived as it was given", [row.row for row in rows]) if rows else unseen(_NO_CREATE)


@checks("PAY-02")
def whole_prompt(scenario: Scenario, history: History) -> Found:
    """See whether long prompts within the limit were shortened."""
    rows: list[Row] = []
    for call, row in _long(scenario, history):
        wanted, shown = prompt_of(call.request), prompt_of(sent(row))
        # A body too long for the journal cannot be read, but one that is smaller than its prompt lost a part of it.
        is_short = row.body.size < len(wanted.encode("utf-8", "replace")) if row.body.is_cut else _starts(wanted, shown)
        if is_short:
            return broken(f"a prompt of {len(wanted)} characters arrived shortened", [row])
        rows.append(row)
    return kept("long prompts arrived whole", rows) if rows else unseen("no long prompt within the limit was sent")


@checks("PAY-03")
def long_prompt(scenario: Scenario, history: History) -> Found:
    """See whether prompts over the limit were reported."""
    over = [call for call in makers(scenario) if weight(prompt_of(call.request)) > LIMIT and history.answer(call.id)]
    for call in over:
        answer = history.answer(call.id)
        is_told = answer is not None and answer.error is not None and answer.error.kind == "validation"
        warned = any(event.call == call.id and "warn" in event.event.lower() for event in history.events)
        low = history.stderr.lower()
        logged = "prompt" in low and any(word in low for word in ("long", "truncat", "exceed", "limit", "characters"))
        if not (is_told or warned or logged):
            says = f"a prompt of {weight(prompt_of(call.request))} units was taken, and the caller told nothing"
            return broken(says, posts(scenario, history)[call.id])
    return kept("the caller was told") if over else unseen("no prompt was over the limit")


@checks("PAY-04")
def seed(scenario: Scenario, history: History) -> Found:
    """Hold seeds: sent as given, and not sent where none was given."""
    rows = pairs(scenario, history)
    for pair in rows:
        wanted, given = pair.wanted.get("seed"), pair.given.get("seed")
        if str(wanted) != str(given):
            return broken(f"seed {_shown(wanted)} arrived as {_shown(given)}", [pair.row])
    return kept("every seed as given", [pair.row for pair in rows]) if rows else unseen(_NO_CREATE)


@checks("PAY-05")
def watermark(scenario: Scenario, history: History) -> Found:
    """Hold `watermark: false`."""
    rows = [pair for pair in pairs(scenario, history) if pair.wanted.get("watermark") is False]
    bad = [pair for pair in rows if pair.given.get("watermark") is not False]
    if bad:
        given = _shown(bad[0].given.get("watermark"))
        return broken(f"`watermark: false` arrived as {given}", [pair.row for pair in bad])
    return kept("sent as `false`", [row.row for row in rows]) if rows else unseen("nobody set `watermark: false`")


@checks("PAY-06")
def types(scenario: Scenario, history: History) -> Found:
    """Hold the JSON types of every value that arrived."""
    rows = []
    for pair in pairs(scenario, history):
        for name in set(pair.wanted) & set(pair.given):
            wanted, given = pair.wanted[name], pair.given[name]
            if _is_same(wanted, given) and not _is_typed(wanted, given):
                return broken(f"{name}: {_shown(wanted)} arrived as {_shown(given)}", [pair.row])
            rows.append(pair.row)
    return kept("types kept", rows) if rows else unseen("no parameter was sent")


@checks("PAY-07")
def parameters(scenario: Scenario, history: History) -> Found:
    """Hold the set of parameters and inputs, and the model."""
    rows = pairs(scenario, history)
    for pair in rows:
        wrong = _lost(pair, scenario.defect) or _invented(pair, history)
        if wrong:
            return broken(wrong, [pair.row])
    return kept("all that was set, and nothing else", [row.row for row in rows]) if rows else unseen(_NO_CREATE)


@checks("PAY-12")
def agreement(scenario: Scenario, history: History) -> Found:
    """See whether a valid request was refused before it was sent."""
    if scenario.defect or any(weight(prompt_of(call.request)) > LIMIT for call in makers(scenario)):
        return unseen("the request is not valid")
    rows = posts(scenario, history)
    for call in makers(scenario):
        answer = history.answer(call.id)
        if answer and answer.error and answer.error.kind == "validation" and not rows[call.id]:
            return broken(
                f"a valid request was refused by the client: {answer.error.text or answer.error.message}"[:300]
            )
    sent_rows = [row for group in rows.values() for row in group]
    return kept("a valid request was sent", sent_rows) if sent_rows else unseen(_NO_CREATE)


@checks("PAY-13")
def named_mistake(scenario: Scenario, history: History) -> Found:
    """See whether the error names what is wrong with an invalid request."""
    if not scenario.defect:
        return unseen("the request has no mistake")
    name = _last_name(scenario.defect)
    for call in makers(scenario):
        answer = history.answer(call.id)
        if answer is None:
            continue
        if answer.error is None:
            if any(task.status == "SUCCEEDED" for task in history.tasks):
                return unseen("the service accepted the request")
            return broken(f"a request with a wrong {scenario.defect} ended in success", in_order(history.on("create")))
        if name.lower() not in _words(answer.error).lower():
            return broken(
                f"the error does not name `{name}`: {_words(answer.error)[:200]}", in_order(history.on("create"))
            )
        return kept(f"the error names `{name}`")
    return unseen("no call was answered")


@checks("PAY-14")
def passthrough(scenario: Scenario, history: History) -> Found:
    """Hold parameters that no page documents."""
    rows = [pair for pair in pairs(scenario, history) if set(pair.wanted) - KNOWN]
    for pair in rows:
        for name in sorted(set(pair.wanted) - KNOWN):
            if not _is_same(pair.wanted[name], pair.given.get(name)):
                return broken(f"the unknown parameter {name!r} did not arrive", [pair.row])
    if not rows and any(set(part(call.request, "parameters")) - KNOWN for call in makers(scenario)):
        return broken("a request with an unknown parameter was never sent")
    return kept("passed on", [pair.row for pair in rows]) if rows else unseen("no unknown parameter was set")


_NO_CREATE = "no create could be read"


def _long(scenario: Scenario, history: History) -> Iterator[tuple[Call, Row]]:
    rows = posts(scenario, history)
    for call in makers(scenario):
        if len(prompt_of(call.request)) >= _LONG and weight(prompt_of(call.request)) <= LIMIT:
            yield from ((call, row) for row in rows[call.id] if row.body.is_cut or sent(row))


def _starts(wanted: str, shown: str) -> bool:
    """Whether a text is a shorter beginning of the one wanted; blanks at its ends are another requirement's matter."""
    inner = wanted.strip()
    return len(shown.strip()) < len(inner) and inner.startswith(shown.strip().rstrip(".…"))


def _differ(wanted: str, shown: str) -> str:
    if shown == wanted.strip():
        return "the prompt arrived without the blanks at its ends"
    at = next((index for index, (one, other) in enumerate(zip(wanted, shown, strict=False)) if one != other), None)
    if at is None:
        return f"the prompt of {len(wanted)} characters arrived with {len(shown)}"
    return f"the prompt differs from character {at} on: {wanted[at : at + 12]!r} arrived as {shown[at : at + 12]!r}"


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)


def _is_same(wanted: object, given: object) -> bool:
    """Whether a value is the same, whatever its JSON type became."""
    if isinstance(wanted, Mapping | list | tuple):
        return _is_typed(wanted, given)
    return given is not None and (wanted == given or str(wanted).lower() == str(given).lower())


def _is_typed(wanted: object, given: object) -> bool:
    if isinstance(wanted, Mapping):
        if not isinstance(given, Mapping) or set(wanted) != set(given):
            return False
        return all(_is_typed(wanted[name], given[name]) for name in wanted)
    if isinstance(wanted, list | tuple):
        if not isinstance(given, list) or len(given) != len(wanted):
            return False
        return all(map(_is_typed, wanted, given))
    return type(wanted) is type(given) and wanted == given


def _lost(pair: Pair, defect: str) -> str:
    wrong = defect.removeprefix("parameters.")
    for name in sorted(set(pair.wanted) & KNOWN - {wrong}):
        if not _is_same(pair.wanted[name], pair.given.get(name)):
            return f"{name}: {_shown(pair.wanted[name])} arrived as {_shown(pair.given.get(name))}"
    wanted, given = pair.call.request.get("model"), pair.body.get("model")
    return "" if wanted == given or defect == "model" else f"the model {wanted!r} arrived as {given!r}"


def _invented(pair: Pair, history: History) -> str:
    declared = history.config.get("additions")
    allowed = {str(name).rpartition(".")[2] for name in declared} if isinstance(declared, list | tuple) else set()
    added = sorted(set(pair.given) - set(pair.wanted) - allowed)
    inputs = {name for name, value in part(pair.body, "input").items() if value is not None}
    added += sorted(inputs - set(part(pair.call.request, "input")) - allowed)
    return f"nobody set {', '.join(map(repr, added))}, and it was sent" if added else ""


def _last_name(path: str) -> str:
    """Return the last name in a dotted path: `url` of `input.media.0.url`."""
    names = [name for name in path.split(".") if not name.isdecimal()]
    return names[-1] if names else path


def _words(problem: Problem) -> str:
    return " ".join(filter(None, (problem.text, problem.message, problem.code)))
