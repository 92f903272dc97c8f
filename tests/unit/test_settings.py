"""Settings: what holds, what is refused, and what the refusal says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse.settings import Settings, SettingsError, resolve

if TYPE_CHECKING:
    from pathlib import Path


def wrong(arguments: dict[str, Any], environment: dict[str, str] | None = None, file: Path | None = None) -> str:
    with pytest.raises(SettingsError) as found:
        resolve(arguments, environment or {}, file)
    return str(found.value)


def written(folder: Path, text: str) -> Path:
    file = folder / "hobbyhorse.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_word_the_documented_defaults_hold() -> None:
    settings = resolve({}, {}, None)
    assert ("127.0.0.1", 8700, 8701) == (settings.host, settings.port, settings.result_port)
    assert ("quick", "open", "worker") == (settings.pace, settings.keys, settings.validation)
    assert ("cn-beijing", "real", None) == (settings.region, settings.clock, settings.seed)
    assert Settings() == settings


def test_the_command_line_beats_the_environment_and_that_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, 'port = 1\npace = "instant"\nregion = "us-east-1"\nseed = 3')
    environment = {"HOBBYHORSE_PORT": "2", "HOBBYHORSE_PACE": "realistic", "PATH": "/bin"}
    settings = resolve({"port": "4"}, environment, file)
    assert (4, "realistic", "us-east-1", 3, 8701) == (
        settings.port,
        settings.pace,
        settings.region,
        settings.seed,
        settings.result_port,
    )


def test_a_key_of_the_file_may_be_written_with_hyphens(tmp_path: Path) -> None:
    assert 9001 == resolve({}, {}, written(tmp_path, "result-port = 9001")).result_port


def test_the_variable_that_names_the_file_is_no_setting() -> None:
    assert Settings() == resolve({}, {"HOBBYHORSE_CONFIG": "x.toml"}, None)


@pytest.mark.parametrize("text", ["0", "8700", "65535"])
def test_a_port_is_a_number_up_to_65535(text: str) -> None:
    assert int(text) == resolve({"port": text}, {}, None).port


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("port", "65536", "--port is 65536; a port is at most 65535"),
        ("result_port", "70000", "--result-port is 70000; a port is at most 65535"),
        ("port", "-1", "--port is '-1'; it must be a whole number"),
        ("port", "87.0", "--port is '87.0'; it must be a whole number"),
        ("port", "", "--port is ''; it must be a whole number"),
        ("seed", "\u0661", "--seed is '\u0661'; it must be a whole number"),
        ("pace", "instnat", "--pace is 'instnat' (did you mean 'instant'?); it may be instant, quick or realistic"),
        ("keys", "any", "--keys is 'any'; it may be open or declared"),
        ("validation", "off", "--validation is 'off'; it may be worker or gateway"),
        ("clock", "Frozen", "--clock is 'Frozen' (did you mean 'frozen'?); it may be real or frozen"),
        ("host", "", "--host is ''; it must be a text"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_it_was_given_under(name: str, value: str, message: str) -> None:
    assert message == wrong({name: value})


def test_a_wrong_value_of_the_environment_is_told_by_its_variable() -> None:
    assert "HOBBYHORSE_PORT is 'x'; it must be a whole number" == wrong({}, {"HOBBYHORSE_PORT": "x"})


def test_an_unknown_variable_is_told_with_the_nearest_setting() -> None:
    message = wrong({}, {"HOBBYHORSE_RESULTPORT": "1"})
    assert "there is no setting HOBBYHORSE_RESULTPORT (did you mean 'HOBBYHORSE_RESULT_PORT'?)" == message


def test_what_kubernetes_sets_beside_a_service_of_this_name_is_not_taken_for_settings() -> None:
    environment = {
        "HOBBYHORSE_SERVICE_HOST": "10.0.0.7",
        "HOBBYHORSE_SERVICE_PORT": "8700",
        "HOBBYHORSE_SERVICE_PORT_API": "8700",
        "HOBBYHORSE_PORT": "tcp://10.0.0.7:8700",
        "HOBBYHORSE_PORT_8700_TCP": "tcp://10.0.0.7:8700",
        "HOBBYHORSE_PORT_8700_TCP_ADDR": "10.0.0.7",
    }

    assert Settings() == resolve({}, environment, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 1", "{file}: there is no setting 'prot' (did you mean 'port'?)"),
        ("port = 87.5", "{file}: port is 87.5; it must be a whole number"),
        ("port = true", "{file}: port is True; it must be a whole number"),
        ("host = 5", "{file}: host is 5; it must be a text"),
        (
            "pace = ['quick']",
            "{file}: pace is ['quick'] (did you mean 'quick'?); it may be instant, quick or realistic",
        ),
    ],
)
def test_a_wrong_line_of_the_file_is_told_by_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    file = written(tmp_path, text)
    assert message.format(file=file) == wrong({}, {}, file)


def test_a_file_that_is_no_toml_or_not_there_is_told(tmp_path: Path) -> None:
    file = written(tmp_path, "port = ")
    assert f"the configuration file {file} is no TOML: " in wrong({}, {}, file)
    missing = tmp_path / "missing.toml"
    assert f"the configuration file {missing} cannot be read: No such file or directory" == wrong({}, {}, missing)
    file.write_bytes(b"\xff\xfe")
    assert f"the configuration file {file} is no TOML: " in wrong({}, {}, file)


@pytest.mark.parametrize("digits", [19, 5000])
def test_a_number_of_very_many_digits_is_refused_like_any_other(digits: int) -> None:
    assert "it must be a whole number" in wrong({"seed": "9" * digits})
