"""The rows as tables: each says what its row says, and *unknown* where nothing is known."""

from __future__ import annotations

import pytest

from hobbyhorse import tables
from unit.records import CATALOGUE, a_model


def cells(table: tables.Table, first: str) -> dict[str, str]:
    headers, rows = table
    return dict(zip(headers, next(row for row in rows if row[0] == first), strict=True))


def test_every_row_of_every_table_is_as_wide_as_its_headers() -> None:
    made = [tables.models(CATALOGUE), tables.errors(CATALOGUE), tables.oss_errors(CATALOGUE), tables.keys(CATALOGUE)]
    made += [table(model) for model in CATALOGUE.models.values() for table in (tables.fields, tables.prices)]
    for headers, rows in made:
        assert {len(headers)} == {len(row) for row in rows}
        assert all(isinstance(cell, str) for row in rows for cell in row)


def test_every_model_error_and_key_has_its_row() -> None:
    assert list(CATALOGUE.models) == [row[0] for row in tables.models(CATALOGUE)[1]]
    assert [(str(row.status), row.code) for row in CATALOGUE.errors.values()] == [
        row[:2] for row in tables.errors(CATALOGUE)[1]
    ]
    assert len(CATALOGUE.oss_errors) == len(tables.oss_errors(CATALOGUE)[1])
    assert [key.key for key in CATALOGUE.keys.values()] == [row[1] for row in tables.keys(CATALOGUE)[1]]


def test_a_models_row_tells_kind_rates_and_price() -> None:
    assert {
        "model": "happyhorse-1.0-i2v",
        "kind": "i2v",
        "regions": "cn-beijing, ap-southeast-1, us-east-1, eu-central-1",
        "fps": "24",
        "RPS / running": "5 / 5",
        "price of a second": "CNY 720P 0.9, 1080P 1.6 (cn-beijing)",
        "confidence": "official",
    } == cells(tables.models(CATALOGUE), "happyhorse-1.0-i2v")


def test_a_missing_price_is_unknown() -> None:
    assert "unknown" == cells(tables.models(CATALOGUE), "wan2.6-r2v-flash")["price of a second"]
    prices = tables.prices(a_model("wan3.0-video"))
    assert {"currency": "", "480P": "unknown", "720P": "unknown", "1080P": "unknown"}.items() <= cells(
        prices, "cn-hongkong"
    ).items()
    assert {"currency": "CNY", "480P": "0.3", "720P": "0.6", "1080P": "1.2"}.items() <= cells(
        prices, "cn-beijing"
    ).items()
    assert "unknown" == cells(tables.prices(a_model("happyhorse-1.0-t2v")), "cn-beijing")["480P"]


@pytest.mark.parametrize(
    ("model", "field", "default", "allowed"),
    [
        ("happyhorse-1.1-t2v", "input.prompt", "required", "cut after 5000 characters, a Chinese character counts 2"),
        ("happyhorse-1.1-t2v", "parameters.duration", "5", "3 to 15"),
        ("happyhorse-1.1-t2v", "parameters.watermark", "true", "shows 'Happy Horse'"),
        ("happyhorse-1.1-t2v", "parameters.seed", "-", "0 to 2147483647"),
        ("happyhorse-1.1-t2v", "parameters.resolution", "1080P", "480P, 720P, 1080P"),
        ("wan2.7-videoedit", "parameters.duration", "0", "2 to 10; or 0; 0 keeps the footage's length"),
        ("wan2.7-r2v", "parameters.duration", "5", "2 to 15; at most 10 with a video"),
        ("wan2.6-i2v", "input.template", "-", "-"),
        ("happyhorse-1.0-video-edit", "input.media[reference_image]", "0 to 5", ""),
        ("happyhorse-1.0-video-edit", "input.media[video]", "1", ""),
    ],
)
def test_a_fields_row_tells_default_and_what_is_allowed(model: str, field: str, default: str, allowed: str) -> None:
    row = cells(tables.fields(a_model(model)), field)
    assert default == row["default or count"]
    assert allowed in row["allowed"]


def test_the_limits_of_media_are_told_with_their_units() -> None:
    expected = (
        "http/https/oss, MP4/MOV, 100 MB at most, 4096 px at most, short side 360 px at least, "
        "0.4 to 2.5 wide to high, 3 to 60 s, 8 to 60 fps"
    )
    row = cells(tables.fields(a_model("happyhorse-1.0-video-edit")), "input.media[video]")
    assert expected == row["allowed"]


def test_errors_can_be_asked_for_by_code() -> None:
    rows = tables.errors(CATALOGUE, ["InvalidApiKey"])[1]
    assert ["No API-key provided.", "Invalid API-key provided."] == [row[2] for row in rows]
    assert [] == list(tables.errors(CATALOGUE, [])[1])


def test_an_error_tells_where_it_is_reached_or_what_it_waits_for() -> None:
    found = {row[2]: row[3] for row in tables.errors(CATALOGUE)[1]}
    assert "cancel" == found["Failed to cancel the task, please confirm if the task is in PENDING status."]
    assert "scenario" == found["An system error has occured, please try again later."]


def test_no_cell_breaks_its_line() -> None:
    assert [] == [row for row in tables.errors(CATALOGUE)[1] if any("\n" in cell for cell in row)]


def test_a_key_of_any_region_says_so() -> None:
    regions = {row[0]: row[2] for row in tables.keys(CATALOGUE)[1]}
    assert ("any", "cn-hongkong") == (regions["arrears"], regions["cn-hongkong"])
