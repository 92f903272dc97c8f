"""The documentation is true: generated pages are fresh, links lead somewhere, examples run."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

import hobbyhorse_fixtures
from hobbyhorse import Emulator
from hobbyhorse.data import load
from hobbyhorse.settings import Settings
from servers import BEIJING_KEY

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MEDIA = Path(hobbyhorse_fixtures.__file__).parent / "media"
GENERATED = ["models.md", "errors.md", "states.md", "settings.md", "keys.md", "kinds.md", "library.md", "benchmarks.md"]
GENERATED += ["certificates.md"]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_what_the_rows_say(name: str) -> None:
    module = generator()

    assert (DOCS / name).read_text() == module.NOTICE + module.pages()[name], "stale: run `make docs`"


def test_every_generated_page_is_tested() -> None:
    assert set(generator().pages()) == set(GENERATED)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text())

    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_setting_model_and_error_code_is_documented() -> None:
    text = "".join(page.read_text() for page in PAGES)
    catalogue = load()
    names = {f"--{row.name.replace('_', '-')}" for row in fields(Settings)}
    names |= set(catalogue.models) | {row.code for row in catalogue.errors.values()}

    assert {name for name in names if name not in text} == set()


def examples(language: str, page: str = "README.md") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)


def here(example: str, emulator: Emulator) -> str:
    return example.replace("http://127.0.0.1:8700", emulator.api)


def test_the_curl_walk_of_the_readme_ends_with_a_clip(tmp_path: Path) -> None:
    with Emulator(clock="frozen") as emulator:
        walk = here(examples("bash")[0], emulator)
        subprocess.run(["bash", "-euo", "pipefail", "-c", walk], cwd=tmp_path, check=True, capture_output=True)

    assert b"ftyp" in (tmp_path / "clip.mp4").read_bytes()[:12]
    assert '"task_status":"SUCCEEDED"' in (tmp_path / "task.json").read_text()


def test_the_sdk_walk_of_the_readme_ends_with_a_clip(tmp_path: Path) -> None:
    with Emulator(pace="instant", clock="frozen") as emulator:
        walk = here(examples("python")[0], emulator)
        said = subprocess.run([sys.executable, "-c", walk], cwd=tmp_path, check=True, capture_output=True, text=True)

    assert said.stdout.startswith("SUCCEEDED")
    assert b"ftyp" in (tmp_path / "clip.mp4").read_bytes()[:12]


def test_the_upload_walk_ends_with_a_task_that_succeeds(tmp_path: Path) -> None:
    shutil.copy(MEDIA / "picture.png", tmp_path / "frame.png")
    with Emulator(pace="instant", clock="frozen") as emulator:
        walk = here(examples("bash", "docs/inputs.md")[0], emulator)
        subprocess.run(["bash", "-euo", "pipefail", "-c", walk], cwd=tmp_path, check=True, capture_output=True)
        created = json.loads((tmp_path / "created.json").read_text())
        url = f"{emulator.api}/api/v1/tasks/{created['output']['task_id']}"
        headers = {"Authorization": f"Bearer {BEIJING_KEY}"}
        task = httpx.get(url, headers=headers, trust_env=False).json()

    assert task["output"]["task_status"] == "SUCCEEDED", task


def test_every_example_of_the_documentation_is_run() -> None:
    """A new code block needs a test here."""
    found = {
        (str(page.relative_to(ROOT)), language): len(examples(language, str(page.relative_to(ROOT))))
        for page in PAGES
        for language in ("bash", "python")
    }

    assert {where: count for where, count in found.items() if count} == {
        ("README.md", "bash"): 1,
        ("README.md", "python"): 1,
        ("docs/adapters.md", "python"): 1,
        ("docs/certify-pytest.md", "python"): 1,
        ("docs/inputs.md", "bash"): 1,
        ("docs/journal.md", "bash"): 1,
        ("docs/journal.md", "python"): 1,
        ("docs/limits.md", "bash"): 1,
        ("docs/mishaps.md", "bash"): 1,
        ("docs/mishaps.md", "python"): 1,
        ("docs/pytest.md", "python"): 1,
        ("docs/python.md", "python"): 4,
        ("docs/scenarios.md", "bash"): 1,
        ("docs/worlds.md", "bash"): 1,
        ("docs/certify.md", "bash"): 1,
    }
