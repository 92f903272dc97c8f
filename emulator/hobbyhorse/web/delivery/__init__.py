"""Delivery: what becomes of an answer on its way, first as a value, then on the wire."""

from .kinds import KINDS, retry_after
from .laying import delay_before, delivery, prevents
from .sending import deliver, pause
from .value import Circumstances, Delivery, Framing, plain

__all__ = [
    "KINDS",
    "Circumstances",
    "Delivery",
    "Framing",
    "delay_before",
    "deliver",
    "delivery",
    "pause",
    "plain",
    "prevents",
    "retry_after",
]
