"""Every error row that says where it is reached is shown there by a golden exchange, and no exchange shows another.

Rows that only a scenario reaches are shown by `tests/scenarios`, every one of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from hobbyhorse.data import load

from .coverage import Seen, covered

if TYPE_CHECKING:
    from hobbyhorse.core.catalogue import ErrorRow, OssErrorRow

SEEN = covered()
ROWS = load().errors.values()
OSS_ROWS = load().oss_errors.values()


def by_itself(row: ErrorRow | OssErrorRow) -> list[str]:
    """Return the operations that reach a row without a scenario."""
    return [operation for operation in row.reached if operation != "scenario"]


def shows(seen: Seen, operation: str, row: ErrorRow | OssErrorRow) -> bool:
    message = "(?s:.+)".join(re.escape(part) for part in re.split(r"\{\w+\}", row.message))
    status = 200 if operation == "task" else row.status
    wanted = (operation, status, row.code)
    return (seen.operation, seen.status, seen.code) == wanted and re.fullmatch(message, seen.message) is not None


@pytest.mark.parametrize(
    ("operation", "row"), [(operation, row) for row in ROWS for operation in by_itself(row)], ids=str
)
def test_a_reached_row_is_shown_where_it_is_reached(operation: str, row: ErrorRow) -> None:
    assert any(shows(seen, operation, row) for seen in SEEN)


@pytest.mark.parametrize(
    ("operation", "row"), [(operation, row) for row in OSS_ROWS for operation in by_itself(row)], ids=str
)
def test_a_reached_row_of_the_result_origin_is_shown_where_it_is_reached(operation: str, row: OssErrorRow) -> None:
    assert any(shows(seen, operation, row) for seen in SEEN)


def test_no_exchange_shows_an_error_without_a_row() -> None:
    rows = [(operation, row) for row in ROWS for operation in row.reached]
    oss_rows = [(operation, row) for row in OSS_ROWS for operation in row.reached]
    strange = [
        seen
        for seen in SEEN
        if not any(shows(seen, operation, row) for operation, row in rows)
        and not any(shows(seen, operation, row) for operation, row in oss_rows)
    ]

    assert strange == []


def test_every_row_is_reached() -> None:
    rows: list[ErrorRow | OssErrorRow] = [*ROWS, *OSS_ROWS]
    assert [row.id for row in rows if not row.reached] == []
