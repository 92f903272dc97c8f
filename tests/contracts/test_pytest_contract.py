"""The contract in the suites of others: small ones, run by pytest in a process of its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hobbyhorse_contracts
from hobbyhorse_contracts.pytest_plugin import Contract

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., pytest.RunResult]

PAGE = (Path(__file__).parents[2] / "docs" / "certify-pytest.md").read_text("utf-8")
TEMPLATE = Path(hobbyhorse_contracts.__file__).parent / "adapters" / "templates" / "client.py"
# Without what takes longer to import than a suite of these takes to run.
BARE = ("-p", "hobbyhorse_contracts.pytest_plugin", "-p", "no:schemathesis", "-p", "no:hypothesispytest")
CLIENT = """
from hobbyhorse_contracts.clients.drivable import SyncClient
from hobbyhorse_contracts.clients.mutants import asks


class Adapter(SyncClient):
    capabilities = ("generate", "sleep_hook")  # few, so that few probes are run


class NoAsync(Adapter):
    reference = asks.NoAsync


class Broken(SyncClient):
    def __init__(self):
        raise RuntimeError("sk-c0ffee00c0ffee00c0ffee00c0ffee00 is no module")
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Return what runs a suite of one module; `my_client.testing` has clients."""
    folder = pytester.mkpydir("my_client")
    (folder / "testing.py").write_text(CLIENT)

    def run(source: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_contract=source)
        return pytester.runpytest_subprocess(*BARE, *arguments)

    return run


def of(client: str, options: str = "") -> str:
    return f"""
        from my_client.testing import Adapter, Broken, NoAsync
        from hobbyhorse_contracts.pytest_plugin import Contract

        contract = Contract({client}, examples=0, shrink_s=2.0, {options})
        """


def test_the_example_on_the_page_is_five_lines_and_passes(run: Run) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(source.splitlines()) == 5

    result = run(source, "-k", "REQ-01 or REQ-09", "--certify-examples=3")
    result.assert_outcomes(passed=2, deselected=90)


def test_a_broken_requirement_fails_with_its_scenario_and_is_what_is_run_again(run: Run) -> None:
    result = run(of("NoAsync", "only=('REQ-01', 'REQ-09')"), "-v")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*test_contract.py::contract::REQ-09 PASSED*",
            "REQ-01 (MUST): Every create carries the header `X-DashScope-Async: enable`.",
            "fail: *is missing or something else*",
            "  +0 s     ◆ api      POST create → 403 AccessDenied",
            "  hobbyhorse certify replay scenario.json --inproc my_client.testing:NoAsync",
        ]
    )
    assert "Captured" not in result.stdout.str()
    assert "Traceback" not in result.stdout.str()

    run(of("NoAsync", "only=('REQ-01', 'REQ-09')"), "--lf").assert_outcomes(failed=1)


def test_workers_share_the_requirements(run: Run) -> None:
    result = run(of("NoAsync", "only=('REQ-01', 'REQ-02', 'REQ-03', 'REQ-04', 'LST-01')"), "-n", "2")

    result.assert_outcomes(passed=3, failed=1, skipped=1)


def test_levels_are_markers(run: Run) -> None:
    result = run(of("Adapter", "only=('RES',)"), "-m", "certify_must", "--collect-only", "-q", "--strict-markers")

    assert "RES-01" in result.stdout.str()
    assert "RES-04" not in result.stdout.str()


def test_what_does_not_apply_is_skipped_with_the_reason(run: Run) -> None:
    result = run(of("Adapter", "only=('LST-01',)"), "-rs")

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*not applicable*"])


def known(pytester: pytest.Pytester, requirement: str, until: str) -> str:
    entry = f"- id: {requirement}\n  reason: we know\n  issue: https://example.com/7\n  until: {until}\n"
    (pytester.path / "known.yaml").write_text(entry)
    return "known_failures='known.yaml'"


def test_a_known_failure_is_expected_to_fail(run: Run, pytester: pytest.Pytester) -> None:
    result = run(of("NoAsync", "only=('REQ-01',), " + known(pytester, "REQ-01", "2999-01-01")), "-rx")

    result.assert_outcomes(xfailed=1)
    result.stdout.fnmatch_lines(["*known until 2999-01-01: we know*"])


@pytest.mark.parametrize(
    ("client", "until", "said"),
    [("Adapter", "2999-01-01", "*REQ-01: it is kept now*"), ("NoAsync", "2020-01-01", "*2020-01-01*")],
)
def test_a_known_failure_that_passes_or_ran_out_fails(
    run: Run, pytester: pytest.Pytester, client: str, until: str, said: str
) -> None:
    result = run(of(client, "only=('REQ-01',), " + known(pytester, "REQ-01", until)))

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([said])


def test_a_word_that_names_no_requirement_is_an_error_of_the_suite(run: Run) -> None:
    result = run(of("Adapter", "only=('CRE-99',)"))

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*there is no requirement 'CRE-99'*did you mean*"])


def test_trouble_of_the_adapter_is_no_verdict_and_shows_no_key(run: Run) -> None:
    result = run(of("Broken", "only=('REQ-01',)"))

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["the adapter has trouble of its own; this is no verdict:", "*<api-key hidden> is no module*"]
    )
    assert "c0ffee" not in result.stdout.str()


def test_a_command_line_is_a_client_too(run: Run) -> None:
    result = run(
        f"""
        import sys
        from hobbyhorse_contracts.pytest_plugin import Contract

        contract = Contract(f"{{sys.executable}} {TEMPLATE}", only=("REQ-01",), examples=0)
        """
    )

    result.assert_outcomes(passed=1)


def test_every_field_of_a_contract_is_on_the_page() -> None:
    assert {name for name in Contract.__dataclass_fields__ if f"`{name}`" not in PAGE} == set()
