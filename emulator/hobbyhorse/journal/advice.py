"""What a developer can do about an answer. Rows first, then what is true of a status."""

from __future__ import annotations

ROWS = {
    "no-api-key": "send Authorization: Bearer <key>; `hobbyhorse keys` lists ready-made ones",
    "invalid-api-key": "compare the key with `hobbyhorse keys` and, in a declared world, with the world's own keys",
    "synchronous-call": "send the header X-DashScope-Async: enable",
    "workspace-not-found": "leave X-DashScope-WorkSpace out, or name a workspace of the key",
    "workspace-access-denied": "leave X-DashScope-WorkSpace out, or name the workspace of the key",
    "model-not-exist": "`hobbyhorse models` lists models and the regions that sell them",
    "body-invalid": "send a JSON object with Content-Type: application/json",
    "path-not-found": "compare the path with /openapi.json; the API lies below /api/v1",
    "expired": "poll the task again for a URL; it lives 24 h from the end of the task, on the world's clock",
    "signature-mismatch": "use the URL exactly as it was given, with GET: the method is signed",
    "policy-expired": "ask for another policy; one lives 300 s",
    "cancel-refused": "only a PENDING task can be canceled; poll it to its end",
}
STATUSES = {
    401: "look at the key, the region of host or path, and the key's condition",
    403: "look at the key's condition and workspace",
    429: "wait and ask again, later each time; a refused create made no task",
    500: "ask again after a while; a create whose answer was lost may have made its task: list the tasks first",
}
UNKNOWN = "an id that is wrong, of another world, or older than 24 h on the world's clock is answered so; create anew"
LOST = "treat the create as possibly done: list the tasks before you create again"


def advice(row: str | None, status: int | None) -> str | None:
    """Return what to do about a row, else about a status (5xx as 500), else None."""
    if row in ROWS:
        return ROWS[row]
    return STATUSES.get(500 if status is not None and status >= 500 else status or 0)  # noqa: PLR2004 - the class of statuses
