"""Region and workspace from the host, else from the path, else the default (dashscope-api.md §1.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core.places import Place, place_of
from unit.records import CATALOGUE

DEFAULT = "eu-central-1"
REGIONS = ("cn-beijing", "ap-southeast-1", "us-east-1", "eu-central-1", "ap-northeast-1", "cn-hongkong")
SHARED = {
    "dashscope.aliyuncs.com": "cn-beijing",
    "dashscope-intl.aliyuncs.com": "ap-southeast-1",
    "dashscope-us.aliyuncs.com": "us-east-1",
    "cn-hongkong.dashscope.aliyuncs.com": "cn-hongkong",
}


def place(host: str, prefix: str = "") -> Place:
    return place_of(host, prefix, DEFAULT, CATALOGUE)


@pytest.mark.parametrize(("host", "region"), SHARED.items())
@pytest.mark.parametrize("written", ["{}", "{}:443", "{}.", "{}.:8700"])
def test_a_shared_host_is_its_region(host: str, region: str, written: str) -> None:
    assert Place(region) == place(written.format(host))
    assert Place(region) == place(written.format(host.upper()))


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("workspace", ["ws-nckitja1d28cec5v", "llm-old_one"])
def test_a_workspace_host_is_its_region_and_workspace(region: str, workspace: str) -> None:
    assert Place(region, workspace) == place(f"{workspace}.{region}.maas.aliyuncs.com:443")


@pytest.mark.parametrize("region", ["cn-beijing", "ap-southeast-1", "cn-hongkong"])
def test_a_trial_host_takes_keys_of_any_workspace(region: str) -> None:
    assert Place(region) == place(f"trial.{region}.maas.aliyuncs.com")


def test_where_there_is_no_trial_host_trial_is_a_workspace_name() -> None:
    assert Place("us-east-1", "trial") == place("trial.us-east-1.maas.aliyuncs.com")


@pytest.mark.parametrize("host", ["token-plan.cn-beijing.maas.aliyuncs.com", "Coding.DashScope.aliyuncs.com:443"])
def test_hosts_of_other_billing_plans_are_told(host: str) -> None:
    assert place(host).other_plan


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost:8700",
        "127.0.0.1:8700",
        "[::1]:8700",
        "[::1]",
        "example.com",
        "dashscope.aliyuncs.com.evil.com",
        "evil-dashscope.aliyuncs.com",
        "ws-a.mars-1.maas.aliyuncs.com",
        "a.b.cn-beijing.maas.aliyuncs.com",
        ".cn-beijing.maas.aliyuncs.com",
        f"{'w' * 65}.cn-beijing.maas.aliyuncs.com",
        "ws-a.cn-beijing.maas.aliyuncs.com/x",
    ],
)
def test_an_unknown_host_is_the_default_region(host: str) -> None:
    assert Place(DEFAULT, is_named=False) == place(host)


@pytest.mark.parametrize(
    ("prefix", "region"),
    [
        ("/ap-southeast-1", "ap-southeast-1"),
        ("/proxy/cn-hongkong/team", "cn-hongkong"),
        ("/us-east-1/cn-beijing", "us-east-1"),
        ("", DEFAULT),
        ("/", DEFAULT),
        ("/proxy", DEFAULT),
        ("/xcn-beijing", DEFAULT),
        ("/CN-BEIJING", DEFAULT),
    ],
)
def test_on_an_unknown_host_the_first_path_segment_that_names_a_region_counts(prefix: str, region: str) -> None:
    assert region == place("localhost:8700", prefix).region


def test_a_path_that_nearly_names_a_region_gets_a_hint() -> None:
    assert Place(DEFAULT, is_named=False, hint=" (did you mean 'us-east-1'?)") == place("localhost", "/us-east1")
    assert Place(DEFAULT, is_named=False) == place("localhost", "/proxy")


def test_a_known_host_beats_the_path() -> None:
    assert Place("cn-beijing") == place("dashscope.aliyuncs.com", "/us-east-1")
    assert Place("cn-beijing", "ws-a") == place("ws-a.cn-beijing.maas.aliyuncs.com", "/us-east-1")


@given(st.text(), st.text())
def test_whatever_is_sent_there_is_a_region(host: str, prefix: str) -> None:
    assert place(host, prefix).region in REGIONS
