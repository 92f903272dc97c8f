"""Bugs that the machine must find, each wrong in one respect, most of them in one line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

from hobbyhorse.core.mishaps import Target
from hobbyhorse.core.ranges import Span
from hobbyhorse.core.timeline import Status

from .planting import (
    HOUR,
    all_clocks,
    always_first,
    anywhere,
    bug,
    ends_anew,
    later,
    no_downloads,
    not_kept,
    nothing,
    only_found,
    raised,
    seen_as,
    twice,
)

_ROUTES = "create get list cancel download uploads upload"
_TIMELINE = "core.timeline"
BUGS = (
    bug(
        "a task is remembered an hour too long",
        f"{_TIMELINE}:status_at",
        lambda real: (
            lambda task, now, timing: real(task, now, replace(timing, task_retention=timing.task_retention + HOUR))
        ),
        "tasks poll list cancel",
    ),
    bug(
        "the 24 h are counted from the end",
        f"{_TIMELINE}:status_at",
        lambda real: lambda task, now, timing: real(replace(task, submitted_at=min(task.ends_at, now)), now, timing),
        "tasks poll list cancel act",
    ),
    bug(
        "polls move a task that goes by time",
        f"{_TIMELINE}:on_poll",
        lambda real: (
            lambda task, now, timing: real(
                task if task.goes_by_polls else replace(task, polls_to_start=1, polls_to_end=2), now, timing
            )
        ),
        "tasks poll",
    ),
    bug(
        "the first poll of a quick task finds it RUNNING",
        f"{_TIMELINE}:plan",
        lambda real: (
            lambda *given, **more: replace(
                real(*given, **more), polls_to_start=0 if real(*given, **more).polls_to_end == 2 else None
            )
        ),
        "tasks poll",
    ),
    bug("a poll moves the end of a task that ended", f"{_TIMELINE}:on_poll", ends_anew, "tasks poll url"),
    bug(
        "a RUNNING task can be canceled",
        f"{_TIMELINE}:cancel",
        lambda real: (
            lambda task, now, timing: (
                real(task, now, timing)
                or (task.ends_at > now and replace(task, canceled_at=now, version=task.version + 1))
                or None
            )
        ),
        "cancel",
    ),
    bug("a cancel is answered and not kept", "service.lanes:LaneService.swap", not_kept, "tasks"),
    bug(
        "polls let a held task go",
        f"{_TIMELINE}:on_poll",
        lambda real: lambda task, now, timing: real(replace(task, held_at=None), now, timing),
        "tasks poll",
    ),
    bug(
        "a released task goes on where it would be by now",
        f"{_TIMELINE}:release",
        lambda _: lambda task, _now: replace(task, held_at=None, version=task.version + 1),
        "tasks",
    ),
    bug(
        "a held task that is finished stays held",
        f"{_TIMELINE}:end",
        lambda real: lambda task, *rest: replace(real(task, *rest), held_at=task.held_at),
        "tasks",
    ),
    bug("a task that is to be forgotten stays", "service.acting:Acting.forget", only_found, "tasks"),
    bug(
        "a URL says that it lives a second longer",
        "core.signing:expires_at",
        lambda real: lambda *a: real(*a) + 1,
        "url",
    ),
    bug("a URL lives a second longer than it says", "service.results:ResultService.fetch", later, "download"),
    bug(
        "a dead URL has no next generation",
        f"{_TIMELINE}:on_poll",
        lambda real: lambda task, *rest: replace(real(task, *rest), generation=task.generation),
        "tasks url",
    ),
    bug("a dead URL lives", "service.results:ResultService._check_alive", nothing, "download"),
    bug(
        "a URL for GET is one for HEAD too",
        "service.results:string_to_sign",
        lambda real: lambda _, *rest: real("GET", *rest),
        "download",
        only_here=True,
    ),
    bug(
        "a part of a clip lacks its last byte",
        "core.ranges:span_of",
        lambda real: lambda *a, **b: Span((f := real(*a, **b)).start, f.stop - f.is_part, f.is_part),
        "download",
    ),
    bug(
        "a listing begins with the oldest",
        "dialects.dashscope.encode:listed",
        lambda real: lambda page, *rest: real(replace(page, rows=page.rows[::-1]), *rest),
        "list",
    ),
    bug("tasks of other accounts are found", "store.memory.tasks:MemoryTasks.find", anywhere, "other"),
    bug("the clocks of all worlds go together", "service.provisioning:Provisioning.change", all_clocks, "other"),
    bug(
        "a clock forgets what passed when its rate changes",
        "core.clock:ClockState.at_rate",
        lambda _: lambda self, monotonic, rate: replace(self, since=monotonic, rate=rate),
        f"clock tasks {_ROUTES}",
    ),
    bug("task times are UTC", "core.moments:UTC_8", lambda _: UTC, "poll"),
    bug(
        "the Date header is not the world's",
        "core.moments:http_date",
        lambda real: lambda instant: real(instant + 1000),
        _ROUTES,
    ),
    bug("a worker's fault is a 400", "service.tasks:resolve", lambda _: raised, "create", only_here=True),
    bug("an error after the effect has it twice", "web.desk:Desk.prepare", twice, "create"),
    bug(
        "an error before the effect has it",
        "web.delivery.laying:prevents",
        lambda _: lambda _: False,
        "create tasks get",
    ),
    bug(
        "a mishap happens once too often",
        "core.mishaps:happens",
        lambda real: lambda mishap, *rest: real(replace(mishap, count=mishap.count and mishap.count + 1), *rest),
        _ROUTES,
    ),
    bug(
        "a mishap of one task is all tasks'",
        "core.mishaps:concerns",
        lambda real: lambda mishap, occasion: real(replace(mishap, on=Target()), occasion),
        _ROUTES,
    ),
    bug(
        "a mishap does not end with its time",
        "core.mishaps:armed",
        lambda real: lambda mishap, *rest: real(replace(mishap, alive=None), *rest),
        _ROUTES,
    ),
    bug(
        "each create is its rule's first",
        "service.scenarios:Scenarios._is_turn",
        always_first,
        f"tasks journal {_ROUTES}",
    ),
    bug(
        "a rule is for all regions",
        "core.scenario:matches",
        lambda real: lambda when, attempt: real(replace(when, region=None), attempt),
        "create tasks journal",
    ),
    bug(
        "a second has a minute where creates are counted",
        "core.quota:SECOND",
        lambda _: 60_000,
        "create",
    ),
    bug(
        "of a video edit only the output is billed",
        "core.billing:Amount.billed_ms",
        lambda _: lambda self, _model: self.output_ms,
        "ledger",
    ),
    bug(
        "all regions have Beijing's prices",
        "core.billing:price_of",
        lambda real: lambda model, sort: real(model, replace(sort, region="cn-beijing")),
        "ledger",
    ),
    bug(
        "a canceled task is billed",
        "core.billing:own_status_at",
        seen_as(CANCELED=Status.SUCCEEDED),
        "ledger",
        only_here=True,
    ),
    bug(
        "a failed task is no free one",
        "core.billing:own_status_at",
        seen_as(FAILED=Status.PENDING),
        "ledger",
        only_here=True,
    ),
    bug("what is gone is not billed", "store.memory.limits:MemoryLedger.settle", nothing, "ledger"),
    bug("an uploaded file is any model's", "service.uploads:is_bound", lambda _: lambda *_: True, "create"),
    bug(
        "an uploaded file is there an hour longer",
        "service.uploads:UploadService.open",
        lambda real: lambda self, world, key, model, now, *rest: real(self, world, key, model, now - HOUR, *rest),
        "create",
    ),
    bug(
        "a policy holds a second longer",
        "core.upload_policy:Policy.check",
        lambda real: lambda self, fields, now: real(self, fields, now - 1000),
        "upload",
    ),
    bug("downloads are not in the journal", "journal.ring:MemoryJournal.append", no_downloads, "journal"),
    bug(
        "the journal does not tell mishaps",
        "journal.record:Draft.entry",
        lambda real: lambda self: replace(real(self), mishaps=()),
        "journal",
    ),
)
