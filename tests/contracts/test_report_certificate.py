"""A certificate says what its histories say, and whoever changes a word of it is found out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from hobbyhorse_contracts.campaign import Plan, Standing
from hobbyhorse_contracts.documents import DocumentError
from hobbyhorse_contracts.report import Certificate, certificate, verify
from hobbyhorse_contracts.report.certificate import SCHEMA, adapter_files, digest, schema_text, sha256, write

from .campaigns import ROWS, campaign, told_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hobbyhorse_contracts.campaign import Campaign

    Change = Callable[[dict[str, Any]], None]


def written(folder: Path, made: Campaign | None = None, *, beside: bool = False) -> Path:
    path = folder / "certificate.json"
    write(certificate(made or campaign(), ROWS), path, beside=beside)
    return path


def edited(path: Path, change: Change, *, is_signed_again: bool = True) -> tuple[str, ...]:
    """Return what is found wrong after an edit; the forger also mends the digests, unless told not to."""
    document = json.loads(path.read_text())
    change(document)
    if is_signed_again:
        for case in document["cases"]:
            case["sha256"] = sha256({name: case[name] for name in ("scenario", "history")})
        document["digest"] = digest(document)
    path.write_text(json.dumps(document))
    return verify(path).wrong


def standard(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in document["requirements"] if row["id"] == name)
    return found


def test_the_schema_in_the_package_is_fresh_and_a_schema() -> None:
    assert SCHEMA.read_text() == schema_text(), "stale: python -m hobbyhorse_contracts.report.certificate"
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


def test_a_certificate_is_as_its_schema_says() -> None:
    made = certificate(campaign(), ROWS, files={"adapter.py": "0" * 64})
    document = json.loads(json.dumps(made.document()))

    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert Certificate.of(document) == made


def test_a_certificate_says_all_that_one_needs_to_know() -> None:
    document = certificate(campaign(), ROWS).document()

    assert document["requirement_set"] == {"name": "2026-11", "digest": ROWS.digest}
    assert document["subject"]["name"] == "my-client"
    assert len(document["command_sha256"]) == 64
    assert [row["id"] for row in document["requirements"]] == [row.id for row in ROWS]
    assert standard(document, "CRE-01")["standing"] == "fail"
    assert standard(document, "CRE-01")["modes"] == ["hook"]
    assert set(document["environment"]) == {"python", "implementation", "system", "machine", "ci"}
    assert len(document["cases"]) == 1


def test_a_certificate_says_for_what_the_client_used_each_kind_of_error() -> None:
    made = campaign("failed-then-resumed")

    assert certificate(made, ROWS).kinds == {"task": ("DataInspectionFailed",)}


@pytest.mark.parametrize("beside", [False, True])
def test_what_nobody_touched_holds(tmp_path: Path, beside: bool) -> None:
    found = verify(written(tmp_path, beside=beside))

    assert found.wrong == ()
    assert found.holds
    assert found.judged > 60
    assert (tmp_path / "histories").exists() is beside


def drop_second_create(document: dict[str, Any]) -> None:
    rows = document["cases"][0]["history"]["rows"]
    del rows[1]["committed"]
    document["cases"][0]["history"]["rows"] = rows


def test_an_edited_row_changes_the_verdict(tmp_path: Path) -> None:
    wrong = edited(written(tmp_path), drop_second_create)

    assert any(text.startswith("CRE-01 is stated as fail; its history") and "shows pass" in text for text in wrong)


def test_an_edited_row_is_seen_by_its_digest_too(tmp_path: Path) -> None:
    wrong = edited(written(tmp_path), drop_second_create, is_signed_again=False)

    assert "the certificate was edited: its digest is another" in wrong
    assert any("its scenario or history was edited" in text for text in wrong)


def test_the_digest_is_over_every_field_and_over_nothing_else() -> None:
    document = certificate(campaign(), ROWS).document()
    others = [{key: value for key, value in document.items() if key != name} for name in document if name != "digest"]

    assert digest(document) not in [digest(other) for other in others]
    assert digest({**document, "digest": "another"}) == digest(dict(reversed(document.items()))) == document["digest"]


def test_a_file_beside_it_that_was_edited_is_seen(tmp_path: Path) -> None:
    path = written(tmp_path, beside=True)
    file = next((tmp_path / "histories").iterdir())
    file.write_text(file.read_text().replace('"method": "POST"', '"method": "PUT"', 1))

    assert any("its scenario or history was edited" in text for text in verify(path).wrong)


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, beside=True)
    next((tmp_path / "histories").iterdir()).unlink()

    assert any("cannot be judged again" in text for text in verify(path).wrong)


def test_an_edited_verdict_is_reported(tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        verdict = next(row for row in document["cases"][0]["verdicts"] if row["requirement"] == "CRE-01")
        verdict["outcome"] = "pass"

    wrong = edited(written(tmp_path), change)
    assert len(wrong) == 1
    assert "CRE-01 is stated as pass; judged again it is fail: call c1 made 2 tasks" in wrong[0]
    assert "(rows 1, 2)" in wrong[0]


def test_a_verdict_that_was_taken_out_is_missed(tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        case = document["cases"][0]
        case["verdicts"] = [row for row in case["verdicts"] if row["requirement"] != "CRE-01"]

    assert any("CRE-01 is not stated; judged again it is fail" in text for text in edited(written(tmp_path), change))


def stands_as_pass(document: dict[str, Any]) -> None:
    standard(document, "CRE-01")["standing"] = "pass"


def without_evidence(document: dict[str, Any]) -> None:
    stands_as_pass(document)
    del standard(document, "CRE-01")["evidence"]


def another_level(document: dict[str, Any]) -> None:
    document["level"] = "gold"


def another_level_everywhere(document: dict[str, Any]) -> None:
    document["level"] = "bronze"
    document["levels"][1]["reached"] = True


def another_set(document: dict[str, Any]) -> None:
    document["requirement_set"]["digest"] = "0" * 64


def unknown_set(document: dict[str, Any]) -> None:
    document["requirement_set"]["name"] = "2019-01"


def a_requirement_less(document: dict[str, Any]) -> None:
    document["requirements"] = [row for row in document["requirements"] if row["id"] != "CRE-01"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (stands_as_pass, "CRE-01 is stated as pass; its history"),
        (without_evidence, "CRE-01 is stated as pass, and nothing is attached that shows it"),
        (another_level, "the level is stated as gold, and the levels as smoke"),
        (another_level_everywhere, "bronze cannot be reached while CRE-01 is fail"),
        (another_set, "the requirement set 2026-11 that it was judged by is not the one of this kit"),
        (unknown_set, "there is no set of requirements '2019-01'"),
        (a_requirement_less, "requirements are missing: CRE-01"),
    ],
)
def test_whoever_makes_a_client_better_than_it_is_is_found_out(tmp_path: Path, change: Change, said: str) -> None:
    assert any(text.startswith(said) for text in edited(written(tmp_path), change))


def test_a_run_about_some_requirements_misses_none(tmp_path: Path) -> None:
    some = tuple(row for row in campaign().results if row.requirement == "CRE-01")

    assert verify(written(tmp_path, campaign(results=some, plan=Plan(only=("CRE-01",))))).holds


def test_a_file_outside_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = written(tmp_path / "in", beside=True)
    document = json.loads(path.read_text())
    document["cases"][0]["file"] = "../../etc/hosts"
    path.write_text(json.dumps(document))

    assert any("does not lie beside the certificate" in text for text in verify(path).wrong)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "it is no JSON"),
        ("[]", "the field `certificate` (1) is missing"),
        ('{"certificate": 2}', "certificate: Input should be 1"),
        ('{"certificate": 1, "kitt": ""}', "there is no such field (did you mean 'kit'?)"),
    ],
)
def test_what_is_no_certificate_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "certificate.json"
    path.write_text(text)

    with pytest.raises(DocumentError) as refused:
        verify(path)
    assert said in str(refused.value)


def test_the_adapters_own_files_are_told_by_their_digest(tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text("print()")
    found = adapter_files("python -u adapter.py --key 'x y' gone.js", tmp_path)

    assert list(found) == ["adapter.py"]
    (tmp_path / "adapter.py").write_text("print(1)")
    assert adapter_files("python adapter.py 'unbalanced", tmp_path) != found


def test_a_failure_without_a_history_is_not_believed(tmp_path: Path) -> None:
    made = told_by(campaign(), "POL-06", standing=Standing.FAIL, evidence=None)

    assert verify(written(tmp_path, made)).wrong == ("POL-06 is stated as fail, and nothing is attached that shows it",)


def test_a_certificate_that_was_written_by_an_enemy_does_not_control_the_terminal(tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["requirement_set"]["name"] = "\x1b[2J"
        document["kit"] = "\x1b]0;x\x07\n"

    path = written(tmp_path)
    wrong = edited(path, change)
    assert wrong
    assert not set("".join([*wrong, *verify(path).notes])) & set("\x1b\x07\n")
