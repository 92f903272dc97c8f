"""Schemathesis over the whole document, against a server in its own process. What a check leaves out says why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.run import PhaseName

from hobbyhorse import Emulator
from servers import BEIJING_KEY

if TYPE_CHECKING:
    from schemathesis.engine.recorder import ScenarioRecorder

CONFIG: dict[str, Any] = {
    "seed": 20260420,
    "generation": {"max-examples": 50, "database": "none"},
    # Through `auth`: a key in `headers` would also stand in the requests that must have none.
    "auth": {"openapi": {"ApiKey": {"bearer": BEIJING_KEY}}},
    "checks": {
        # A wrong method is a 400 upstream, not a 405 (OD-ERR).
        "unsupported_method": {"enabled": False},
        # What is valid may still be refused: a model by the region, a cancel by the task's state, a listing by its
        # window. That valid creates are accepted is held by test_valid_requests.
        "positive_data_acceptance": {"enabled": False},
    },
}


@dataclass
class Findings:
    """What a run found: failures, errors of its own, phases that ran, and links followed with what came of them."""

    failures: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    phases: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    followed: list[tuple[str, str]] = field(default_factory=list)

    def see(self, event: events.EngineEvent) -> None:
        """Take note of an event."""
        match event:
            case events.NonFatalError():
                self.errors.append(f"{event.label}: {event.value!r}")
            case events.FatalError():
                self.errors.append(repr(event.exception))
            case events.PhaseFinished():
                self.phases[event.phase.name.name] = event.status.name
            case events.ScenarioFinished():
                self._read(event.recorder, is_stateful=event.phase is PhaseName.STATEFUL_TESTING)

    def _read(self, recorder: ScenarioRecorder, *, is_stateful: bool) -> None:
        self.requests += len(recorder.interactions)
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if check.failure_info is not None:
                    case = recorder.cases[case_id].value
                    told = f"{case.method} {case.formatted_path} {case.query} {case.headers} {case.body!r}"[:1000]
                    self.failures.append(f"{check.name}: {check.failure_info.failure.message}\n{told}")
        for case_id, node in recorder.cases.items() if is_stateful else ():
            response = recorder.find_response(case_id=case_id)
            if node.transition and node.is_transition_applied and response is not None:
                self.followed.append((node.transition.id, response.content.decode()))


def findings(validation: str) -> Findings:
    """Run all phases against a server."""
    found = Findings()
    with Emulator(validation=validation, clock="frozen") as emulator:
        config = SchemathesisConfig.from_dict(CONFIG)
        schema = schemathesis.openapi.from_url(f"{emulator.api}/openapi.json", config=config)
        for event in from_schema(schema).execute():
            found.see(event)
    return found


@pytest.mark.parametrize("validation", ["worker", "gateway"])
def test_schemathesis_finds_nothing(validation: str) -> None:
    found = findings(validation)

    assert not found.failures, "\n\n".join(found.failures[:5])
    assert not found.errors
    assert (
        found.phases.items()
        >= dict.fromkeys(["EXAMPLES", "COVERAGE", "FUZZING", "STATEFUL_TESTING"], "SUCCESS").items()
    )
    assert found.requests > 500
    polls = [content for link, content in found.followed if "poll" in link]
    cancels = [content for link, content in found.followed if "cancel" in link]
    assert polls, "no link from create to poll was followed"
    assert cancels, "no link from create to cancel was followed"
    assert any('"UNKNOWN"' not in content for content in polls), "no poll asked for a task that was created"
