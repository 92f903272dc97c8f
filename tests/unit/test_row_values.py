"""What stands in the rows: the errors clients meet, prices, keys, times. By hand from dashscope-api.md."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from hobbyhorse.core.accounts import Condition
from unit.records import CATALOGUE

FREE_TIER = (
    "The free tier of the model has been exhausted. If you wish to continue access the model on a paid basis, please "
    'disable the "use free tier only" mode in the management console.'
)


@pytest.mark.parametrize(
    ("row", "status", "code", "message"),
    [
        ("no-api-key", 401, "InvalidApiKey", "No API-key provided."),
        ("invalid-api-key", 401, "InvalidApiKey", "Invalid API-key provided."),
        ("synchronous-call", 403, "AccessDenied", "current user api does not support synchronous calls"),
        (
            "unpurchased",
            403,
            "AccessDenied.Unpurchased",
            "Access to model denied. Please make sure you are eligible for using the model.",
        ),
        ("model-access-denied", 403, "Model.AccessDenied", "Model access denied."),
        ("workspace-access-denied", 403, "Workspace.AccessDenied", "Workspace access denied."),
        ("workspace-not-found", 404, "WorkSpaceNotFound", "WorkSpace can not be found."),
        ("path-not-found", 404, "NotFound", "Request path not found."),
        ("model-not-exist", 400, "InvalidParameter", "Model not exist."),
        ("method-not-supported", 400, "InvalidParameter", "Request method '{method}' is not supported."),
        ("body-invalid", 400, "InvalidParameter", "Required body invalid, please check the request body format."),
        (
            "parameter-missing",
            400,
            "InvalidParameter",
            "Required parameter({name}) missing or invalid, please check the request parameters.",
        ),
        ("url-error", 400, "InvalidParameter", "url error, please check url!"),
        ("empty-input", 400, "BadRequest.EmptyInput", "Required input parameter missing from request."),
        ("empty-model", 400, "BadRequest.EmptyModel", 'Required parameter "model" missing from request.'),
        ("illegal-input", 400, "BadRequest.IllegalInput", "The input parameter requires json format."),
        ("too-large", 400, "BadRequest.TooLarge", "Payload Too Large."),
        ("url-invalid", 400, "InvalidURL", "Required URL is missing or invalid, please check the request URL."),
        ("arrearage", 400, "Arrearage", "Access denied, please make sure your account is in good standing."),
        (
            "free-tier-exhausted",
            403,
            "AllocationQuota.FreeTierOnly",
            FREE_TIER,
        ),
        (
            "cancel-refused",
            400,
            "UnsupportedOperation",
            "Failed to cancel the task, please confirm if the task is in PENDING status.",
        ),
        ("image-undecodable", 400, "InvalidParameter", "Failed to decode the image during the data inspection."),
    ],
)
def test_the_errors_that_clients_meet_most_are_to_the_letter(row: str, status: int, code: str, message: str) -> None:
    found = CATALOGUE.errors[row]
    assert (status, code, message) == (found.status, found.code, found.message)


@pytest.mark.parametrize(
    ("row", "status", "code", "ec"),
    [
        ("expired", 403, "AccessDenied", "0002-00000069"),
        ("signature-mismatch", 403, "SignatureDoesNotMatch", "0002-00000040"),
        ("no-such-key", 404, "NoSuchKey", "0026-00000001"),
        ("no-such-bucket", 404, "NoSuchBucket", "0015-00000101"),
        ("unknown-access-key", 403, "InvalidAccessKeyId", "0002-00000902"),
        ("unsigned", 403, "AccessDenied", "0003-00000001"),
        ("two-authentications", 400, "InvalidArgument", "0002-00000039"),
        ("expires-missing", 403, "AccessDenied", "0002-00000067"),
        ("expires-empty", 403, "AccessDenied", "0002-00000068"),
        ("expires-invalid", 403, "AccessDenied", "0002-00000070"),
        ("access-key-missing", 403, "AccessDenied", "0002-00000071"),
        ("invalid-range", 416, "InvalidRange", None),
    ],
)
def test_the_result_origins_errors_have_their_codes(row: str, status: int, code: str, ec: str | None) -> None:
    found = CATALOGUE.oss_errors[row]
    assert (status, code, ec) == (found.status, found.code, found.ec)
    assert ["RequestId", "HostId"] == list(found.elements[:2])


def test_no_price_is_zero_and_every_price_is_of_a_model_where_it_is_sold() -> None:
    rows = tomllib.loads((files("hobbyhorse.data") / "prices.toml").read_text(encoding="utf-8"))["prices"]
    for row in rows:
        assert min(row["per_second"].values()) > 0
        assert set(row["per_second"]) <= {"480P", "720P", "1080P"}
        assert [] == [model for model in row["models"] if row["region"] not in CATALOGUE.models[model].regions]
    assert len(rows) > 25


@pytest.mark.parametrize(
    ("model", "region", "expected"),
    [
        ("happyhorse-1.1-t2v", "cn-beijing", {"480P": 0.45, "720P": 0.9, "1080P": 1.2}),
        ("happyhorse-1.1-r2v", "ap-southeast-1", {"480P": 0.524594, "720P": 1.049188, "1080P": 1.348956}),
        ("happyhorse-1.0-i2v", "eu-central-1", {"720P": 0.9, "1080P": 1.6}),
        ("happyhorse-1.0-video-edit", "ap-northeast-1", {"720P": 0.9, "1080P": 1.6}),
        ("wan2.7-t2v", "ap-southeast-1", {"720P": 0.733924, "1080P": 1.100886}),
        ("wan3.0-video-prime", "cn-beijing", {"480P": 0.45, "720P": 0.9, "1080P": 1.8}),
        ("wan2.2-t2v-plus", "cn-beijing", {"480P": 0.14, "1080P": 0.7}),
        ("wan2.2-kf2v-flash", "cn-beijing", {"480P": 0.1, "720P": 0.2, "1080P": 0.48}),
        # Not published: unknown, which is no price at all.
        ("wan3.0-video", "us-east-1", None),
        ("wan2.6-r2v-flash", "cn-beijing", None),
        ("wan2.1-t2v-plus", "ap-southeast-1", None),
    ],
)
def test_prices_are_the_published_ones_or_none(model: str, region: str, expected: dict[str, float] | None) -> None:
    found = [dict(price.per_second) for price in CATALOGUE.models[model].prices if price.region == region]
    assert ([expected] if expected else []) == found


def test_there_is_a_ready_made_key_for_every_region_and_every_condition() -> None:
    keys = list(CATALOGUE.keys.values())
    assert set(CATALOGUE.regions) == {key.region for key in keys if key.condition is Condition.OK}
    assert set(Condition) == {key.condition for key in keys}
    assert [] == [key.key for key in keys if not re.fullmatch(r"sk-[0-9a-f]{32}|sk-ws-[0-9a-z]{109}", key.key)]


def test_every_key_of_a_region_is_bound_to_a_declared_workspace() -> None:
    bound = {key.workspace for key in CATALOGUE.keys.values() if key.workspace}
    assert set(CATALOGUE.workspaces) == bound
    assert len(bound) > 1


def test_what_resellers_sell_is_told_apart_from_what_there_is() -> None:
    assert {"happyhorse-1.1-video-edit", "happyhorse-1.0-i2v-20260618"} == set(CATALOGUE.not_official)
    assert set() == set(CATALOGUE.not_official) & set(CATALOGUE.models)


def test_the_decisions_and_times_are_those_of_the_design() -> None:
    decisions, timing = CATALOGUE.decisions, CATALOGUE.timing
    assert decisions.integral_float_is_integer
    assert decisions.null_is_absent
    assert decisions.empty_required_text_is_missing
    assert (24 * 3_600_000,) * 3 == (timing.task_retention, timing.url_lifetime, timing.list_window)
    assert (30, 50, 100) == (timing.scheduled_after_low, timing.scheduled_after_high, timing.judged_after)
    assert (500, 2000) == (timing.quick_starts_after, timing.quick_ends_after)
    seconds = {kind.value: span // 1000 for kind, span in timing.realistic.items()}
    assert {"t2v": 80, "i2v": 104, "r2v": 40, "video-edit": 59}.items() <= seconds.items()
