"""A steady tone in AAC, made of two packets.

An AAC packet covers 1024 samples, and a tone of k * 48000 / 1024 Hz looks the same in each of them. So the encoder runs
for a few packets once per pitch, and one packet of the steady state stands for a sound of any length. Encoding live
costs 0.48 CPU-s for 15 s; packets are taken from the installed encoder rather than shipped, because then nothing
opaque lies in the repository and decoder and encoder always agree.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from av.audio.frame import AudioFrame
from av.codec.context import CodecContext, Flags

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer

RATE = 48000
SAMPLES = 1024  # in one AAC packet
STEADY = 8  # the packet that is repeated: by then the encoder's start is over
AMPLITUDE = 0.08  # -22 dB: to be heard, not to be suffered
# Major pentatonic over 281 Hz, as multiples of 46.875 Hz: any two clips played together stay bearable.
STEPS = (6, 8, 9, 10, 12, 15, 16)


@dataclass(frozen=True, slots=True)
class Tone:
    """Two AAC packets: the first (encoder delay, one packet long, not played) and the one that repeats."""

    first: bytes
    steady: bytes


def sound_track(container: OutputContainer) -> AudioStream:
    """Add an AAC stream whose header fits the packets of `tone`."""
    return container.add_stream("aac", rate=RATE, layout="stereo")


def pitch(seed: int) -> float:
    """Return the frequency in Hz that a seed sounds like."""
    return STEPS[seed % len(STEPS)] * RATE / SAMPLES


@lru_cache(len(STEPS))
def tone(hertz: float) -> Tone:
    """Return the packets of a stereo tone; `hertz` is a multiple of 46.875."""
    encoder = CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "stereo", "fltp"
    encoder.bit_rate = 64_000
    encoder.flags |= Flags.bitexact  # else the encoder writes its version into the first packet
    wave = array("f", (AMPLITUDE * math.sin(2 * math.pi * hertz / RATE * at) for at in range(SAMPLES))).tobytes()
    packets: list[bytes] = []
    for index in range(STEADY + 2):
        frame = AudioFrame(format="fltp", layout="stereo", samples=SAMPLES)
        for side in frame.planes:
            side.update(wave)
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), index * SAMPLES
        packets += map(bytes, encoder.encode(frame))
    return Tone(packets[0], packets[STEADY])
