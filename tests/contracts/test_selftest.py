"""The kit proves itself: mutants die of their own requirement, good clients live, the corpus provokes everything."""

from __future__ import annotations

import json
import logging
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from hobbyhorse_contracts.clients.drivable import CAPABILITIES
from hobbyhorse_contracts.clients.mutants import MUTANTS, Mutant
from hobbyhorse_contracts.clients.variants import VARIANTS
from hobbyhorse_contracts.generation.corpus import corpus
from hobbyhorse_contracts.generation.scenarios import Scope, drawn
from hobbyhorse_contracts.protocol.messages import CAPABILITIES as KNOWN
from hobbyhorse_contracts.requirements import requirements
from hobbyhorse_contracts.scenario import Scenario
from hobbyhorse_contracts.selftest import about, mutants, try_mutant, try_variant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse import Emulator


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """Clients under test log at debug level; what the kit's own requests say is a third of the time."""
    logger = logging.getLogger("httpcore")
    before = logger.level
    logger.setLevel(logging.INFO)
    yield
    logger.setLevel(before)


JUDGED = [row.id for row in requirements().judged]


@pytest.mark.parametrize("name", [row.name for row in mutants()])
def test_a_mutant_dies_of_its_own_requirement(name: str, hobbyhorse: Emulator) -> None:
    trial = try_mutant(MUTANTS[name], hobbyhorse, count=0)

    assert trial.trouble == ()
    assert trial.killed_by, f"{name} ({trial.requirement}: {MUTANTS[name].says}) was noticed by {trial.noticed}"


@pytest.mark.parametrize("name", VARIANTS)
def test_a_good_client_keeps_everything(name: str, hobbyhorse: Emulator) -> None:
    trial = try_variant(name, hobbyhorse)

    assert trial.trouble == ()
    assert trial.noticed == {}
    if name == "reference":
        assert set(JUDGED) - set(trial.kept) == set(), "the corpus does not provoke these"


def test_a_good_client_keeps_everything_in_drawn_scenarios(hobbyhorse: Emulator) -> None:
    trial = try_variant("reference", hobbyhorse, drawn(Scope.of(CAPABILITIES, {}), 150, 7))

    assert trial.trouble == ()
    assert trial.noticed == {}


@pytest.mark.parametrize("requirement", JUDGED)
def test_a_judged_requirement_has_a_mutant_and_scenarios(requirement: str) -> None:
    assert [row.name for row in mutants([requirement])]
    assert about(requirement)


def test_scenarios_of_the_corpus_name_what_there_is() -> None:
    known = {row.id for row in requirements()}
    for scenario in corpus():
        assert set(scenario.about) <= known, scenario.name
        assert set(scenario.only) <= set(KNOWN), scenario.name
        assert scenario.about, scenario.name


def test_a_file_of_the_corpus_is_as_the_kit_writes_it() -> None:
    for path in files("hobbyhorse_fixtures").joinpath("corpus").iterdir():
        document = json.loads(path.read_text(encoding="utf-8"))
        assert Scenario.of(document, path.name).document() == document, path.name
        assert path.name == f"{document['name']}.json"


def test_a_mutant_that_is_none_survives(hobbyhorse: Emulator) -> None:
    trial = try_mutant(Mutant("harmless", "CRE-01", "nothing is wrong with it"), hobbyhorse, count=0)

    assert (trial.is_right, trial.noticed) == (False, {})
