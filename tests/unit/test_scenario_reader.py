"""Texts become documents whose parts know their lines; what cannot be read is refused with its line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobbyhorse.scenarios import DocumentError, Problem, read

# Without the characters that YAML knows no raw form of.
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: yes\noff: no", {"on": "yes", "off": "no"}),
        ("at: 12:30:00", {"at": "12:30:00"}),
        ("a: 2026-01-01", {"a": "2026-01-01"}),
        ("a: 010", {"a": 10}),
        ("a: 0x10", {"a": "0x10"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: 1e3\nb: .5\nc: -2.", {"a": 1000.0, "b": 0.5, "c": -2.0}),
        ("a: ~\nb:\nc: null\nd: 'null'", {"a": None, "b": None, "c": None, "d": "null"}),
        ("a: true\nb: False\nc: 'true'", {"a": True, "b": False, "c": "true"}),
        ("<<: 1", {"<<": 1}),
        ("1: a", {"1": "a"}),
        ('\t{"a":\t[1,\n\t2]}', {"a": [1, 2]}),
        ('{"a": "\\ud83d\\ude00 \\/"}', {"a": "😀 /"}),
        ("[a, b]", ["a", "b"]),
    ],
)
def test_yaml_is_read_as_its_core_schema_and_json_as_json(text: str, value: Any) -> None:
    assert json.dumps(value) == json.dumps(read(text).value)


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(TEXT, JSON, max_size=4), st.sampled_from([None, 2, "\t"]), st.booleans())
def test_any_json_is_read_as_it_is(value: Any, indent: int | str | None, ascii_only: bool) -> None:
    assert value == read(json.dumps(value, indent=indent, ensure_ascii=ascii_only)).value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f.yaml: is empty"),
        ("# nothing", "f.yaml: is empty"),
        ("a: 1\nb: [1,\n", "f.yaml:3: "),
        ("a: 1\n---\nb: 2", "f.yaml:2: but found another document"),
        ("a: &x 1\nb: *x", "f.yaml:1: anchors and aliases are not taken"),
        ("a: 1\nb: *x", "f.yaml:2: anchors and aliases are not taken"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]", "f.yaml:2: tags are not taken"),
        ("a: 1\nb: !x 2", "f.yaml:2: tags are not taken"),
        ("a: 1\n\na: 2", "f.yaml:3: the field 'a' is there twice"),
        ('{"a": 1,\n"a": 2}', "f.yaml:2: the field 'a' is there twice"),
        ("? [a]\n: 1", "f.yaml:1: a field's name should be a text"),
        ("a: 9223372036854775808", "f.yaml:1: the number does not fit 64 bits"),
        (f"a: {'9' * 5000}", "f.yaml:1: the number does not fit 64 bits"),
        ('a: "\\ud800"', "f.yaml: holds half of a surrogate pair"),
        ("a: b\x00", "f.yaml: unacceptable character #x0000"),
        ("[" * 5000, "f.yaml:1: is nested over 40 deep"),
        ("[" + "1," * 60_000 + "]", "has over 50000 parts"),
        ("x" * 200_000, "f.yaml: is over 128 KB"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(DocumentError) as found:
        read(text, "f.yaml")
    assert said in str(found.value)
    assert 1 == len(found.value.problems)


def test_a_problem_has_the_line_of_the_nearest_part_that_is_there() -> None:
    document = read("rules:\n  - when: {model: x}\n    then:\n      fail: y\n", "f.yaml")
    places = [("rules",), ("rules", 0, "then", "fail"), ("rules", 0, "then", "fail", "error"), ("rules", 7), (), ("a",)]
    assert [1, 4, 4, 1, 1, 1] == [document.line(place) for place in places]


def test_problems_are_told_in_the_order_of_their_lines() -> None:
    document = read("a: 1\nb: 2\nc: 3", "f.yaml")
    error = document.located([Problem(("c",), "third", "did you mean 'd'?"), Problem(("a",), "first")])
    assert "f.yaml:1: a: first\nf.yaml:3: c: third (did you mean 'd'?)" == str(error)


def test_without_a_file_a_problem_says_what_it_can() -> None:
    assert "a.0: wrong" == str(DocumentError([Problem(("a", 0), "wrong")]))
    assert "3: a: wrong" == str(DocumentError([Problem(("a",), "wrong", line=3)]))
