"""Reads the sound of callers' videos, and measures callers' sounds. Runs in a confined process only."""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

import av
from av.audio.resampler import AudioResampler
from av.codec.context import CodecContext, Flags
from av.error import FFmpegError

from ..encoding import tone
from .judgement import judge_duration, judge_format, judge_size, unopenable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

    from ...core.catalogue import MediaLimits

# AAC-LC, 48 kHz, stereo, as an AudioSpecificConfig: bare, and with the note that there is no SBR.
AS_KEPT = frozenset({b"\x11\x90", b"\x11\x90\x56\xe5\x00"})
CODECS = frozenset({"aac", "mp3float", "mp3", "alac", "ac3", "eac3", "flac", "opus"})
BIT_RATE = 128_000
LONGEST_DELAY = 4096  # samples before the beginning that an encoder needs (Apple's: 2112)
SOUNDS = {"WAV": "wav", "MP3": "mp3"}  # formats and their demuxers
TRIED = 200  # packets of a sound that are decoded to see that they can be
MOST_PACKETS = 1_000_000  # of a sound; 15 MB of the shortest MP3 frames are 600,000


@dataclass(frozen=True, slots=True)
class Sound:
    """AAC packets of 1024 samples each; the first begins at sample `start` of the clip, mostly before its beginning."""

    start: int
    packets: Sequence[bytes]


def listen(container: InputContainer, start: Fraction, seconds: float) -> Sound | None:
    """Return the sound of a video's first `seconds`; its pictures begin at `start` (seconds). None if it is silent.

    AAC of the right kind is kept as it is once it was decoded; all else is encoded anew.
    """
    track = container.streams.audio[0]
    context = track.codec_context
    if not _is_known(track):
        return None
    context.thread_count = 1
    if context.name == "aac" and context.profile == "LC" and context.extradata in AS_KEPT:
        return _copied(container, track, start, seconds)
    return _encoded(container, track, start, seconds)


def _is_known(track: AudioStream) -> bool:
    name = getattr(track.codec_context, "name", "")  # the context is None where libavcodec knows no decoder
    return name in CODECS or name.startswith("pcm_")


def _packets(container: InputContainer, track: AudioStream, end: float) -> Iterator[Packet[AudioStream]]:
    """Yield the packets that begin before `end` (seconds on the track's clock)."""
    for packet in islice(container.demux(track), MOST_PACKETS):
        if packet.is_corrupt:
            raise unopenable("it was cut off or damaged: a piece of its sound is not whole")
        if packet.pts is not None and packet.time_base and packet.pts * packet.time_base >= end:
            return
        yield packet


def _most(seconds: float) -> int:
    """Return how many packets are enough for a duration, whatever the file says of their times."""
    return round((seconds + 1) * tone.RATE / tone.SAMPLES)


def _copied(container: InputContainer, track: AudioStream, start: Fraction, seconds: float) -> Sound | None:
    packets: list[bytes] = []
    first = 0
    for packet in _packets(container, track, float(start) + seconds):
        track.codec_context.decode(packet)
        if not packet.size or packet.pts is None or packet.time_base is None:
            continue
        at = round((packet.pts * packet.time_base - start) * tone.RATE)
        if at > -LONGEST_DELAY:
            first = first if packets else at
            packets.append(bytes(packet))
        if len(packets) > _most(seconds):
            break
    return Sound(first, packets) if packets else None


def _encoded(container: InputContainer, track: AudioStream, start: Fraction, seconds: float) -> Sound | None:
    encoder = CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = tone.RATE, "stereo", "fltp"
    encoder.bit_rate, encoder.time_base = BIT_RATE, Fraction(1, tone.RATE)
    encoder.flags |= Flags.bitexact
    resampler = AudioResampler("fltp", "stereo", tone.RATE, tone.SAMPLES)
    packets: list[bytes] = []
    first: int | None = None
    written = 0
    frames = (
        frame
        for packet in _packets(container, track, float(start) + seconds)
        for frame in track.codec_context.decode(packet)
    )
    for frame in frames:
        at = round((Fraction(frame.pts or 0) * (frame.time_base or 1) - start) * tone.RATE)
        if at <= -LONGEST_DELAY:
            continue
        if len(packets) > _most(seconds):
            break
        first = at if first is None else first
        for piece in resampler.resample(frame):
            piece.pts, piece.time_base = written, Fraction(1, tone.RATE)
            written += piece.samples
            packets += map(bytes, encoder.encode(piece))
    if first is None:
        return None
    for rest in resampler.resample(None):
        rest.pts, rest.time_base = written, Fraction(1, tone.RATE)
        written += rest.samples
        packets += map(bytes, encoder.encode(rest))
    packets += map(bytes, encoder.encode(None))
    return Sound(first - tone.SAMPLES, packets)


def measure(data: bytes, limits: MediaLimits) -> float:
    """Judge a WAV or MP3 and return how many seconds it lasts. Raises Fault for all that is refused.

    The length is counted, not believed: a header may promise anything.
    """
    judge_size(len(data), limits)
    found = judge_format(data, limits, tuple(SOUNDS))
    try:
        with av.open(io.BytesIO(data), "r", format=SOUNDS[found], options={"protocol_whitelist": "none"}) as container:
            seconds = _length(container)
    except (FFmpegError, ValueError, ArithmeticError, EOFError, LookupError) as error:
        raise unopenable(f"not a whole sound: {type(error).__name__}: {error}") from None
    judge_duration(seconds, limits)
    return seconds


def _length(container: InputContainer) -> float:
    if not container.streams.audio:
        raise unopenable("it has no sound")
    track = container.streams.audio[0]
    if not _is_known(track):
        raise unopenable(f"its sound is none of {', '.join(sorted(CODECS))} and pcm")
    samples = Fraction(0)
    heard = 0
    for index, packet in enumerate(islice(container.demux(track), MOST_PACKETS)):
        if packet.size and packet.duration and packet.time_base:
            samples += packet.duration * packet.time_base
        if index < TRIED:
            heard += sum(frame.samples for frame in track.codec_context.decode(packet))
    if not heard:
        raise unopenable("none of its sound can be decoded")
    return float(samples)
