from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hobbyhorse import Emulator
from hobbyhorse_contracts.driving.upstream import world_document
from hobbyhorse_contracts.generation.machine import OPS, written
from hobbyhorse_contracts.generation.mishaps import FAMILIES, family_of
from hobbyhorse_contracts.generation.oracle import mistakes
from hobbyhorse_contracts.generation.scenarios import Scope, drawn, tally
from hobbyhorse_contracts.generation.table import models
from hobbyhorse_contracts.protocol import CAPABILITIES
from hobbyhorse_contracts.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERYTHING = Scope.of(tuple(CAPABILITIES), {"models": ["*"]})
NOTHING = Scope.of(("generate",), {})


@pytest.fixture(scope="module")
def many() -> tuple[Scenario, ...]:
    return drawn(EVERYTHING, 400, 7)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(process=False) as found:
        yield found


def test_a_seed_makes_the_same_scenarios_and_another_seed_others(many: tuple[Scenario, ...]) -> None:
    assert drawn(EVERYTHING, 400, 7) == many
    names = {repr(one.calls) for one in drawn(EVERYTHING, 50, 8)}
    assert not names <= {repr(one.calls) for one in many}


def test_drawing_gives_as_many_as_were_asked_for_and_no_two_alike(many: tuple[Scenario, ...]) -> None:
    assert len(many) == 400
    assert len({repr((one.calls, one.timeline, one.mishaps, one.world, one.files)) for one in many}) == len(many)
    assert len({one.name for one in many}) == len(many)


def test_every_scenario_survives_json(many: tuple[Scenario, ...]) -> None:
    for one in many:
        assert Scenario.of(one.document()) == one


def test_a_scenario_has_at_most_two_families_of_mishaps(many: tuple[Scenario, ...]) -> None:
    for one in many:
        families = [family_of(row) for row in one.mishaps]
        assert None not in families
        assert len(set(families)) == len(families) <= 2


def test_all_families_and_kinds_are_drawn(many: tuple[Scenario, ...]) -> None:
    assert {*FAMILIES, "defect", "several calls"} <= set(tally(many))
    assert {one.timeline.outcome for one in many} == {"SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN", "STUCK"}
    assert any(one.files for one in many)
    assert any(one.timeline.odd for one in many)
    assert len({call.request["model"] for one in many for call in one.calls}) > 20


def test_failed_polls_in_a_row_stay_bearable(many: tuple[Scenario, ...]) -> None:
    for one in many:
        polls = [row.get("count") for row in one.mishaps if row.get("at") == "get" and row["do"] != "redirect"]
        assert sum(count for count in polls if count is not None) <= 4


def test_a_scenario_has_a_defect_exactly_where_its_request_is_wrong(many: tuple[Scenario, ...]) -> None:
    for one in many:
        found = [mistake.path for call in one.calls for mistake in mistakes(call.request)]
        assert found == ([one.defect] if one.defect else [])


def test_a_client_is_asked_for_nothing_that_it_does_not_declare() -> None:
    for one in drawn(NOTHING, 150, 1):
        assert not one.only
        assert not one.files
        assert [call.op for call in one.calls] == ["generate"]
        assert "out" not in one.calls[0].options
        assert "download" not in {row.get("at") for row in one.mishaps}
        name = one.calls[0].request["model"]
        assert name not in models() or not models()[name].takes_pictures


def test_only_narrows_the_families() -> None:
    assert Scope.of(tuple(CAPABILITIES), {}, ("RES-06",)).families == ("result-expired",)
    assert set(Scope.of(tuple(CAPABILITIES), {}, ("SEC",)).families) == {"redirected"}
    assert Scope.of(("generate",), {}, ("RES",)).families == ("poll-body",)


def test_models_are_those_that_the_client_says() -> None:
    assert set(Scope.of(("generate",), {"models": ["wan3*"]}).models) == {"wan3.0-video", "wan3.0-video-prime"}
    assert set(NOTHING.models) == {"happyhorse-1.1-t2v", "happyhorse-1.0-t2v"}


def test_the_emulator_takes_the_world_of_every_scenario(many: tuple[Scenario, ...], emulator: Emulator) -> None:
    for one in many:
        with emulator.world(**world_document(one, "hook", 1.0)) as world:
            assert len(world.mishaps) == len(one.mishaps)


def test_nothing_is_drawn_where_nothing_is_asked_for() -> None:
    assert drawn(NOTHING, 0, 1) == ()


def test_sequences_are_written_for_clients_with_fine_grained_operations_alone() -> None:
    rows = written(EVERYTHING, 150, 5)
    assert rows == written(EVERYTHING, 150, 5)
    assert {call.op for row in rows for call in row.calls} == {"generate", *OPS}
    assert any(row.acts for row in rows)
    assert written(NOTHING, 40, 5) == ()
    few = written(Scope.of(("submit", "wait"), {}), 40, 5)
    assert {call.op for row in few for call in row.calls} == {"submit", "wait"}
    assert all(set(row.only) <= {"submit", "wait"} for row in few)


def test_every_sequence_names_tasks_that_were_made_before() -> None:
    for row in written(EVERYTHING, 60, 9):
        assert Scenario.of(row.document()) == row
        for at, call in enumerate(row.calls):
            if call.after is not None:
                maker = next(one for one in row.calls[:at] if one.id == call.after)
                assert maker.op in {"submit", "generate"}
                assert call.options["task_id"] == f"{{task:{maker.id}}}"
                assert call.at >= maker.at
