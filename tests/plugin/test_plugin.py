"""The pytest plugin, seen from the suites of others: small ones, run by pytest in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from hobbyhorse import Emulator

    Run = Callable[..., pytest.RunResult]

# Without what takes longer to import than a suite of these takes to run.
BARE = ("-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest")

SUBMIT = """
import json, os, urllib.request

def ask(path, body=None, key=None):
    request = urllib.request.Request(os.environ["DASHSCOPE_HTTP_BASE_URL"] + path)
    request.add_header("Authorization", f"Bearer {key or os.environ['DASHSCOPE_API_KEY']}")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("X-DashScope-Async", "enable")
        request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["output"]

def submit(prompt="a paper horse"):
    body = {"model": "happyhorse-1.1-t2v", "input": {"prompt": prompt}}
    return ask("/services/aigc/video-generation/video-synthesis", body)["task_id"]

def status(task):
    return ask(f"/tasks/{task}")["task_status"]
"""


@pytest.fixture
def run(pytester: pytest.Pytester, hobbyhorse: Emulator) -> Run:
    """Return what runs a suite against the server that runs already; `submit` and `status` can be imported."""
    pytester.makepyfile(client=SUBMIT)

    def run(source: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_suite=source)
        return pytester.runpytest_subprocess(*BARE, f"--hobbyhorse-url={hobbyhorse.api}", *arguments)

    return run


def test_each_test_has_a_world_of_its_own_that_is_gone_afterwards(run: Run, hobbyhorse: Emulator) -> None:
    before = {world.id for world in hobbyhorse.worlds()}
    result = run(
        """
        from client import submit

        seen = []

        def test_one(world):
            submit()
            assert len(world.tasks.list()) == 1
            seen.append(world)

        def test_two(world, hobbyhorse):
            assert world.tasks.list() == []
            assert world.id != seen[0].id
            assert world.key != seen[0].key
            assert seen[0].id not in [other.id for other in hobbyhorse.worlds()]
            assert world.name == "test_two"
        """
    )

    result.assert_outcomes(passed=2)
    assert {world.id for world in hobbyhorse.worlds()} == before


def test_the_environment_points_to_the_world_and_is_put_back(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-mine")
    monkeypatch.setenv("DASHSCOPE_WORKSPACE", "mine")
    monkeypatch.setenv("NO_PROXY", "internal.example")
    monkeypatch.delenv("DASHSCOPE_HTTP_BASE_URL", raising=False)
    result = run(
        """
        import os

        def test_inside(world):
            assert os.environ["DASHSCOPE_API_KEY"] == world.key
            assert os.environ["DASHSCOPE_HTTP_BASE_URL"] == os.environ["DASHSCOPE_BASE_URL"] == world.base_url()
            assert "DASHSCOPE_WORKSPACE" not in os.environ
            assert os.environ["NO_PROXY"] == os.environ["no_proxy"] == "internal.example,127.0.0.1"

        def test_after():
            assert os.environ["DASHSCOPE_API_KEY"] == "sk-mine"
            assert os.environ["DASHSCOPE_WORKSPACE"] == "mine"
            assert os.environ["NO_PROXY"] == "internal.example"
            assert not {"DASHSCOPE_HTTP_BASE_URL", "DASHSCOPE_BASE_URL", "no_proxy"} & set(os.environ)
        """
    )

    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("imported", ["before", "inside"])
def test_the_sdk_comes_here_however_it_was_imported_and_goes_back(
    run: Run, monkeypatch: pytest.MonkeyPatch, imported: str
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-of-the-developer")
    monkeypatch.delenv("DASHSCOPE_HTTP_BASE_URL", raising=False)
    first = "import dashscope" if imported == "before" else ""
    result = run(
        f"""
        {first}

        def call(world, **options):
            import dashscope
            created = dashscope.VideoSynthesis.async_call(model="happyhorse-1.1-t2v", prompt="p", **options)
            assert created.status_code == 200, created
            assert created.output.task_id == world.tasks.only().id

        def test_one(world):
            call(world)

        def test_two(world):
            call(world)

        def test_three(world):
            from dashscope import Client, settings
            settings.api_key = settings.base_url = None
            with Client() as client:
                job = client.videos.jobs.create(model="happyhorse-1.1-t2v", prompt="p")
            assert job.task_id == world.tasks.only().id

        def test_after():
            import dashscope
            assert dashscope.base_http_api_url == "https://dashscope.aliyuncs.com/api/v1"
            assert dashscope.api_key == "sk-of-the-developer"
        """,
        "-W", "ignore",
    )  # fmt: skip

    result.assert_outcomes(passed=4)


def test_what_a_program_told_the_second_sdk_is_put_aside_and_back(run: Run) -> None:
    result = run(
        """
        from dashscope import Client, settings

        settings.base_url, settings.api_key = "https://upstream.example/api/v1", "sk-mine"

        def test_inside(world):
            with Client() as client:
                job = client.videos.jobs.create(model="happyhorse-1.1-t2v", prompt="p")
            assert job.task_id == world.tasks.only().id

        def test_after():
            assert (settings.base_url, settings.api_key) == ("https://upstream.example/api/v1", "sk-mine")
        """,
        "-W", "ignore",
    )  # fmt: skip

    result.assert_outcomes(passed=2)


def test_markers_say_what_the_world_is_like_and_the_nearest_wins(run: Run) -> None:
    result = run(
        """
        import pytest
        from client import status, submit

        pytestmark = pytest.mark.hobbyhorse(pace="realistic", clock={"frozen": True})

        def test_of_the_module(world):
            task = submit()
            assert status(task) == "PENDING"
            world.clock.advance(600)
            assert status(task) == "SUCCEEDED"

        @pytest.mark.hobbyhorse(pace="instant")
        def test_of_its_own(world):
            assert world.view()["clock"]["frozen"]
            assert status(submit()) == "SUCCEEDED"
        """
    )

    result.assert_outcomes(passed=2)


def test_the_configuration_says_what_every_world_is_like(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nhobbyhorse_world =\n  pace = 'instant'\n  clock = {frozen = true, set = 1800000000}\n")
    result = run(
        """
        import pytest

        def test_as_configured(world):
            assert (world.view()["pace"], world.clock.now()) == ("instant", 1_800_000_000)

        @pytest.mark.hobbyhorse(pace="quick")
        def test_as_marked(world):
            assert (world.view()["pace"], world.clock.now()) == ("quick", 1_800_000_000)
        """
    )

    result.assert_outcomes(passed=2)


def test_a_scenario_is_given_by_document_file_or_name(run: Run, pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("moderation.yaml").write_text(
        "name: moderation\nrules:\n  - when: {prompt: dragon}\n    then: {fail: DataInspectionFailed}\n"
    )
    result = run(
        """
        import pytest
        from client import status, submit

        failing = {"name": "failing", "rules": [{"when": {"prompt": "dragon"}, "then": {"fail": "InternalError"}}]}

        @pytest.mark.hobbyhorse(pace="instant", scenario=failing)
        def test_document(world):
            assert [status(submit(prompt)) for prompt in ("a horse", "a dragon")] == ["SUCCEEDED", "FAILED"]

        @pytest.mark.hobbyhorse(pace="instant", scenario="moderation.yaml")
        def test_file(world):
            task = submit("a dragon")
            assert status(task) == "FAILED"
            assert world.tasks.find(task).error["code"] == "DataInspectionFailed"

        @pytest.mark.hobbyhorse(pace="instant", scenario=["outage", failing])
        def test_names_and_several(world):
            assert world.view()["scenarios"] == ["outage", "failing"]
        """
    )

    result.assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("pase='instant'", "*ControlError: POST /worlds: pase: *did you mean 'pace'?*"),
        ("pace='instnat'", "*ControlError: POST /worlds: pace: *did you mean 'instant'?*"),
        ("scenario='outrage'", "*ControlError: POST /worlds/*/scenarios: *did you mean 'outage'?*"),
        ("'instant'", "*UsageError: @pytest.mark.hobbyhorse takes named values only, such as pace='instant'*"),
    ],
)
def test_a_marker_that_is_wrong_is_an_error_that_says_how(run: Run, marker: str, said: str) -> None:
    result = run(f"import pytest\n\n@pytest.mark.hobbyhorse({marker})\ndef test_it(world):\n    pass\n")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said])


FAILING = """
    import pytest
    from client import status, submit

    @pytest.mark.hobbyhorse(pace="instant")
    def test_it(world):
        task = submit()
        for _ in range(5):
            status(task)
        assert status(task) == "RUNNING"
"""


def test_a_failure_shows_the_story_of_its_world_without_its_key(run: Run) -> None:
    result = run(FAILING)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- Journal of world * -*", "*POST create*200*", "*GET get*200 SUCCEEDED*"])
    assert "sk-" not in result.stdout.str()
    assert "requests before these" not in result.stdout.str()


def test_the_story_is_as_long_as_wanted(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nhobbyhorse_story = 2\n")
    result = run(FAILING)

    result.stdout.fnmatch_lines(["*- Journal of world * -*", "(5 requests before these)", "*GET get*", "*GET get*"])
    result.stdout.no_fnmatch_line("*POST create*")


def test_a_test_that_passes_or_has_no_world_shows_no_story(run: Run) -> None:
    result = run(
        """
        def test_passes(world):
            pass

        def test_fails():
            assert False
        """,
        "-rA",
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*Journal of world*")


def test_a_server_that_is_gone_does_not_hide_the_failure(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os, signal

        def test_it(world, hobbyhorse):
            os.kill(hobbyhorse.pid, signal.SIGKILL)
            assert "this" == "that"
        """
    )
    result = pytester.runpytest_subprocess(*BARE)

    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(["*assert 'this' == 'that'*", "*Journal of world*", "the emulator does not tell: *"])


def test_settings_and_the_kind_of_server_are_configured(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nhobbyhorse_process = false\nhobbyhorse_settings =\n  pace = 'realistic'\n  seed = 3\n")
    pytester.makepyfile(
        """
        import os

        def test_it(hobbyhorse):
            assert hobbyhorse.pid == os.getpid()
            assert hobbyhorse.health()["pace"] == "realistic"
        """
    )

    pytester.runpytest_subprocess(*BARE).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("pace = instant", "*UsageError: hobbyhorse_settings: *strings want quotes*"),
        ("pase = 'instant'", "*SettingsError: there is no setting 'pase' (did you mean 'pace'?)*"),
    ],
)
def test_a_configuration_that_is_wrong_says_how(pytester: pytest.Pytester, line: str, said: str) -> None:
    pytester.makeini(f"[pytest]\nhobbyhorse_settings =\n  {line}\n")
    pytester.makepyfile("def test_it(hobbyhorse):\n    pass\n")
    result = pytester.runpytest_subprocess(*BARE)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said])


def test_each_worker_of_xdist_has_one_server(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import json, os, pathlib, pytest

        @pytest.mark.parametrize("number", range(8))
        def test_it(world, hobbyhorse, number):
            seen = [os.environ["PYTEST_XDIST_WORKER"], hobbyhorse.api, world.id]
            pathlib.Path(f"seen-{number}.json").write_text(json.dumps(seen))
        """
    )
    result = pytester.runpytest_subprocess(*BARE, "-n", "2")

    result.assert_outcomes(passed=8)
    seen = [json.loads(path.read_text()) for path in pytester.path.glob("seen-*.json")]
    assert len({worker for worker, _, _ in seen}) == 2
    assert len({(worker, api) for worker, api, _ in seen}) == 2
    assert len({(api, world) for _, api, world in seen}) == 8


def test_the_plugin_imports_nothing_before_a_fixture_is_asked_for() -> None:
    source = "import sys; before = set(sys.modules); import hobbyhorse.pytest_plugin; print(*set(sys.modules) - before)"
    command = [sys.executable, "-c", f"import pytest; {source}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent)

    assert set(said.stdout.split()) == {"hobbyhorse", "hobbyhorse.pytest_plugin"}


def test_a_run_without_the_fixtures_starts_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_it():
            assert "hobbyhorse.handle" not in sys.modules
        """
    )

    pytester.runpytest_subprocess(*BARE).assert_outcomes(passed=1)
