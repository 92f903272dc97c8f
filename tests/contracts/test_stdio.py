"""Adapters in processes of their own, and all the ways in which one can be broken."""

from __future__ import annotations

import os
import re
import shlex
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from hobbyhorse_contracts.adapters import AdapterError, StdioAdapter
from hobbyhorse_contracts.driver import Driver, Limits
from hobbyhorse_contracts.protocol.messages import Answered, Run
from hobbyhorse_contracts.scenario import Call, Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from hobbyhorse import Emulator
    from hobbyhorse_contracts.history import History

HELLO = """
import json, os, signal, subprocess, sys, time
def say(**message): print(json.dumps(message), flush=True)
sys.stdin.readline()
say(type="hello", protocol=1, name="bad", capabilities=["generate", "sleep_hook"])
call = json.loads(sys.stdin.readline())
"""
CALL = Run(id="c1", op="generate", base_url="http://127.0.0.1:9/api/v1", api_key="sk-1")


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def ran(emulator: Emulator, script: str, limits: Limits | None = None) -> History:
    with Driver(StdioAdapter(python(HELLO + script)), emulator, limits=limits) as driver:
        return driver.run(Scenario("x", (Call("c1"),)))


def trouble(emulator: Emulator, script: str) -> str:
    history = ran(emulator, script)
    assert history.answers == ()
    (said,) = history.trouble
    return said


def is_there(pid: int) -> bool:
    """Say whether a process lives; one that ended and was not waited for does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while is_there(pid) and time.monotonic() < deadline:
        signal.sigtimedwait([], 0.01)
    return not is_there(pid)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/no/such/program", "cannot be started: .*No such file"),
        ("", "cannot be started"),
        (shlex.join(python("print('Welcome!')")), "not JSON.*the line is: 'Welcome!'"),
        (shlex.join(python("import sys; sys.exit('no config')")), r"exit code 1 .*its stderr ends with:\nno config"),
        (shlex.join(python("import os; os.abort()")), "by signal SIGABRT"),
        (shlex.join(python('print(\'{"type":"bye"}\')')), "an adapter says hello, event, sleep, answer"),
        (shlex.join(python('print(\'{"type":"sleep","token":1,"seconds":1}\')')), "said sleep before hello"),
        (
            shlex.join(python('print(\'{"type":"hello","protocol":2,"name":"x","capabilities":[]}\')')),
            "speaks version 2 of the protocol, this kit 1",
        ),
        (shlex.join(python("import sys; sys.stdout.buffer.write(b'\\xff\\n')")), "not UTF-8"),
    ],
)
def test_one_that_does_not_begin_is_told_why(command: str, said: str) -> None:
    with pytest.raises(AdapterError, match=f"(?s){said}"):
        StdioAdapter(command).start()


def test_one_that_never_says_hello_is_not_waited_for_longer_than_told() -> None:
    adapter = StdioAdapter(python("import sys; sys.stderr.write('thinking'); sys.stdin.read()"), hello_s=0.5)

    with pytest.raises(AdapterError, match=r"did not say hello within 0.5 s"):
        adapter.start()
    assert adapter.pid is None


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("print('Progress: 10 %', flush=True); sys.stdin.read()", "the line is: 'Progress: 10 %'"),
        ("sys.stderr.write('segfault soon'); sys.stderr.flush(); os._exit(3)", "exit code 3 .*segfault soon"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "by signal SIGKILL"),
        ("sys.stdout.write('x' * (9 << 20)); sys.stdout.flush(); sys.stdin.read()", "flooded stdout: 8 MB"),
        ("say(type='hello', protocol=1, name='x', capabilities=[]); sys.stdin.read()", "said hello twice"),
        ("say(type='answer', id='c9', ok=True); sys.stdin.read()", "answer for call 'c9', which was not asked"),
        ("say(type='answer', id='c1', harness_error='no such model'); sys.stdin.read()", "call c1: no such model"),
    ],
)
def test_one_that_breaks_in_the_middle_is_trouble_and_no_verdict(hobbyhorse: Emulator, script: str, said: str) -> None:
    assert re.search(f"(?s){said}", trouble(hobbyhorse, script))


def test_one_that_floods_stderr_is_trouble_though_it_answers(hobbyhorse: Emulator) -> None:
    history = ran(
        hobbyhorse, "sys.stderr.write('y' * (5 << 20)); say(type='answer', id='c1', ok=True); sys.stdin.read()"
    )

    assert "flooded stderr" in history.trouble[0]


def test_one_that_answers_twice_is_trouble_when_the_second_answer_is_read(hobbyhorse: Emulator) -> None:
    script = "for _ in range(2): say(type='answer', id='c1', ok=True)\nsys.stdin.read()"
    with Driver(StdioAdapter(python(HELLO + script)), hobbyhorse) as driver:
        first = driver.run(Scenario("x", (Call("c1"),)))
        second = driver.run(Scenario("y", (Call("c2"),)))

    assert (first.trouble, len(first.answers)) == ((), 1)
    assert "answer for call 'c1', which was not asked" in second.trouble[0]


def test_one_that_was_trouble_is_started_anew(hobbyhorse: Emulator, tmp_path: Path) -> None:
    once = tmp_path / "once"
    script = f"""
if not os.path.exists({str(once)!r}):
    open({str(once)!r}, "w").close()
    os._exit(1)
say(type="answer", id="c1", ok=True)
sys.stdin.read()
"""
    with Driver(StdioAdapter(python(HELLO + script)), hobbyhorse) as driver:
        first = driver.run(Scenario("x", (Call("c1"),)))
        second = driver.run(Scenario("x", (Call("c1"),)))

    assert (len(first.trouble), second.trouble, second.answers[0].ok, driver.starts) == (1, (), True, 2)


def test_no_process_outlives_a_run_not_even_a_child_that_heeds_nothing(hobbyhorse: Emulator, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    script = f"""
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", {stubborn!r}])
open({str(pids)!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
time.sleep(600)
"""
    history = ran(hobbyhorse, script, Limits(silent_s=1.0))

    assert history.silent == ("c1",)
    assert all(gone(int(pid)) for pid in pids.read_text().split())


def test_what_is_written_to_stderr_before_an_answer_belongs_to_its_scenario(hobbyhorse: Emulator) -> None:
    script = """
for number in range(20):
    sys.stderr.write(f"told {call['id']}"); sys.stderr.flush()
    say(type="answer", id=call["id"], ok=True)
    call = json.loads(sys.stdin.readline())
"""
    with Driver(StdioAdapter(python(HELLO + script)), hobbyhorse) as driver:
        told = [driver.run(Scenario("x", (Call(f"c{number}"),))).stderr for number in range(20)]

    assert told == [f"told c{number}" for number in range(20)]


def test_a_call_larger_than_a_pipe_to_one_that_does_not_read_blocks_nobody() -> None:
    hello = '{"type":"hello","protocol":1,"name":"x","capabilities":[]}'
    script = f"print({hello!r}, flush=True)\nimport time; time.sleep(600)"
    adapter = StdioAdapter(python(script))
    adapter.start()
    pid = adapter.pid
    adapter.send(CALL.model_copy(update={"request": {"prompt": "x" * (1 << 20)}}))

    assert adapter.receive(0.1) is None
    adapter.stop()
    assert adapter.ending == "SIGTERM"
    assert pid is not None
    assert gone(pid)


def test_no_proxy_stands_between_a_client_and_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "https_proxy", "ALL_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    script = """
import json, os, sys
sys.stdin.readline()
seen = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
print(json.dumps({"type": "hello", "protocol": 1, "name": "x", "capabilities": [], "config": seen}), flush=True)
sys.stdin.read()
"""
    adapter = StdioAdapter(python(script))
    try:
        assert adapter.start().config == {"NO_PROXY": "*", "no_proxy": "*"}
    finally:
        adapter.stop()


def test_a_process_group_of_its_own() -> None:
    adapter = StdioAdapter(python(HELLO + "say(type='answer', id='c1', ok=True); sys.stdin.read()"))
    adapter.start()
    adapter.send(CALL)

    assert adapter.receive(10) == Answered(id="c1", ok=True)
    assert adapter.pid is not None
    assert os.getpgid(adapter.pid) == adapter.pid != os.getpgid(0)
    adapter.stop()
    assert adapter.ending == "bye"
