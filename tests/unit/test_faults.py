"""A fault becomes the answer that its row says."""

from __future__ import annotations

import pytest

from hobbyhorse.core.faults import Failure, Fault, OssFault, resolve
from unit.records import CATALOGUE


def test_a_fault_is_resolved_into_its_rows_status_code_and_filled_message() -> None:
    fault = Fault("field-required", path="input.prompt", detail="only for the log")
    expected = Failure("field-required", 400, "InvalidParameter", "Field required: input.prompt")
    assert expected == resolve(fault, CATALOGUE.errors)


def test_braces_in_a_value_are_left_alone() -> None:
    fault = Fault("field-form", wording="{path} {0} {", path="parameters.a")
    assert "{path} {0} {: parameters.a" == resolve(fault, CATALOGUE.errors).message


def test_a_fault_without_its_value_or_its_row_is_our_own_bug() -> None:
    with pytest.raises(KeyError):
        resolve(Fault("field-required"), CATALOGUE.errors)
    with pytest.raises(KeyError):
        resolve(Fault("no-such-row"), CATALOGUE.errors)


def test_a_fault_tells_the_developer_row_and_detail() -> None:
    assert "field-required: input.prompt is missing" == str(Fault("field-required", detail="input.prompt is missing"))
    assert "no-api-key" == str(Fault("no-api-key"))
    assert "expired: 5 s ago" == str(OssFault("expired", detail="5 s ago", Expires="x"))
    assert "unsigned" == str(OssFault("unsigned"))
