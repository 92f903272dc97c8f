"""Real clients, driven by their adapters: what is known of them is found again, and the stored certificates hold."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

import certificates
from hobbyhorse_contracts.adapters.talk import talk
from hobbyhorse_contracts.campaign import Plan, Standing
from hobbyhorse_contracts.checkers import judge
from hobbyhorse_contracts.cli import main
from hobbyhorse_contracts.driver import Driver
from hobbyhorse_contracts.report import verify
from hobbyhorse_contracts.verdict import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from certificates import Client
    from hobbyhorse import Emulator
    from hobbyhorse_contracts.campaign import Campaign

CLIENTS = {client.id: client for client in certificates.clients()}
SMOKE = Plan(level="smoke", profile="kit-ci", shrink_s=10.0)
PAYS_TWICE = ["dashscope-v1", "dashscope-client", "ai-sdk-7", "ai-sdk-6"]


def able(name: str) -> Client:
    client = CLIENTS[name]
    if missing := client.lacking():
        pytest.skip(missing)
    return client


@pytest.fixture(scope="module")
def judged() -> dict[str, Campaign]:
    """Keep campaigns of the module."""
    return {}


def smoke(name: str, judged: dict[str, Campaign]) -> Campaign:
    client = able(name)
    if name not in judged:
        judged[name] = certificates.made(client, SMOKE)
    return judged[name]


def standing(campaign: Campaign, requirement: str) -> Standing:
    result = campaign.result(requirement)
    assert result is not None
    return result.standing


@pytest.mark.parametrize("name", CLIENTS)
def test_an_adapter_has_nothing_wrong(name: str, hobbyhorse: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    client = able(name)
    monkeypatch.chdir(certificates.ROOT)
    monkeypatch.setenv("PATH", certificates.environment()["PATH"])

    found = talk(shlex.split(client.command), hobbyhorse)

    assert [row.says for row in found if row.weight != "fine"] == []


@pytest.mark.parametrize("name", CLIENTS)
def test_a_smoke_run_ends_without_trouble_and_finds_the_key_kept(name: str, judged: dict[str, Campaign]) -> None:
    campaign = smoke(name, judged)

    assert not campaign.trouble
    assert campaign.ran["smoke"] == 5
    for kept in ("REQ-01", "REQ-06", "PAY-01", "SEC-01", "SEC-02", "SEC-03", "POL-11", "ERR-07"):
        assert standing(campaign, kept) is Standing.PASS, kept


@pytest.mark.parametrize("name", PAYS_TWICE)
def test_a_create_whose_connection_broke_after_the_commit_is_sent_again(
    name: str, judged: dict[str, Campaign], hobbyhorse: Emulator
) -> None:
    client = CLIENTS[name]
    result = smoke(name, judged).result("CRE-01")

    assert result is not None
    assert (result.standing, result.shrunk) == (Standing.FAIL, True)
    assert result.evidence is not None
    scenario = result.evidence.scenario
    assert [(row["do"], row["at"], row["moment"]) for row in scenario.mishaps] == [("reset", "create", "after")]
    with Driver(certificates.adapter(client), hobbyhorse) as driver:
        again = driver.run(scenario)
    (verdict,) = judge(scenario, again, ["CRE-01"])
    assert verdict.outcome is Outcome.FAIL
    assert len({row.committed for row in again.on("create")}) == 2


def test_curl_in_a_script_pays_once_and_does_not_say_that_a_task_may_have_been_made(
    judged: dict[str, Campaign],
) -> None:
    campaign = smoke("curl", judged)

    assert standing(campaign, "CRE-01") is Standing.PASS
    assert standing(campaign, "CRE-02") is Standing.FAIL


def test_the_stored_scenario_is_replayed_by_the_command_of_the_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client = able("dashscope-v1")
    monkeypatch.chdir(certificates.ROOT)
    monkeypatch.setenv("PATH", certificates.environment()["PATH"])

    code = main(["replay", "contracts/certificates/dashscope-v1/failures/CRE-01.json", "--adapter", client.command])

    assert code == 1
    assert "CRE-01 (MUST) fail: call c1 made 2 tasks; each one is paid for" in capsys.readouterr().out


@pytest.mark.parametrize("name", CLIENTS)
def test_a_stored_certificate_says_what_its_histories_say(name: str, tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    file.write_text(certificates.certificate(name))

    found = verify(file)

    assert found.wrong == ()
    assert found.judged
