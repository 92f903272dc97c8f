"""What happens at a virtual instant, whatever the client does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hobbyhorse import ControlError

from .upstream import REVOKED, filled

if TYPE_CHECKING:
    from ..scenario import Act
    from .play import Play

_CANNOT = (404, 409)  # the task is gone, or cannot be acted on as it is


def act(what: Act, play: Play) -> None:
    """Do it. An act on a task that there is not, or that cannot be done to it, is none."""
    world = play.world
    options: dict[str, Any] = filled(dict(what.options), play.filling)
    if what.do == "revoke":
        world.mishap("error", error="InvalidApiKey", at=REVOKED)
    elif what.do == "mishap":
        world.mishap(options.pop("do"), **options)
    elif what.do == "advance":
        play.clocking.move(play.clocking.now_ms() + round(float(options.get("seconds", 0)) * 1000))
    else:
        try:
            getattr(world.tasks, what.do)(_task(what, play), **options)
        except LookupError:
            return
        except ControlError as error:
            if error.status not in _CANNOT:
                raise


def _task(what: Act, play: Play) -> str:
    return play.task_of(what.call or play.scenario.calls[0].id)
