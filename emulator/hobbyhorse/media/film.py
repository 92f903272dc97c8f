"""Puts a clip together: key pictures, unchanged pictures and sound, in an MP4 whose index comes first."""

from __future__ import annotations

import heapq
import io
import json
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

import av
from av.packet import Packet
from PIL import Image

from . import tone
from .card import Card
from .encode import Canvas, EncodingError, KeyPictures, picture_track, unchanged
from .layout import Box
from .photo import Photo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from av.audio.stream import AudioStream
    from av.stream import Stream
    from av.video.stream import VideoStream

    from ..core.clip import ClipSpec
    from .card import Patch
    from .fonts import Fonts


DROPPED = "The first frame is no longer kept: the emulator needed its room for newer pictures."


class Subject(Protocol):
    """What is shown: a base, and what is different in each second."""

    def base(self) -> Image.Image:
        """Return the whole picture."""

    def patches(self, second: int) -> Sequence[Patch]:
        """Return what lies over the base in this second."""


def film(spec: ClipSpec, fonts: Fonts, first_frame: bytes | None = None) -> bytes:
    """Return a clip as an MP4 file. Pure: equal arguments give equal bytes in one installation.

    `first_frame` is the picture that `spec.first_frame` names, as `InputStore` keeps it; where it was dropped there
    is a card that says so.
    """
    subject = _subject(spec, fonts, first_frame)
    sounds = spec.frames * tone.RATE // (spec.fps * tone.SAMPLES) if spec.audio else 0
    tags = _tags(spec)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options=_muxing(spec, sounds, tags)) as container:
        container.metadata.update(tags)
        pictures = picture_track(container, spec.width, spec.height, spec.fps)
        sound = tone.sound_track(container) if sounds else None
        container.start_encoding()
        moving = _pictures(spec, subject, pictures)
        heard = _sounds(spec.seed, sounds, sound) if sound else iter(())
        for packet in heapq.merge(moving, heard, key=lambda packet: (packet.dts or 0) * packet.time_base):
            container.mux_one(packet)
    return file.getvalue()


def _subject(spec: ClipSpec, fonts: Fonts, first_frame: bytes | None) -> Subject:
    if first_frame is not None:
        return Photo(spec, fonts, Image.open(io.BytesIO(first_frame), formats=("JPEG",)))
    if spec.first_frame is not None:
        spec = replace(spec, inputs=(DROPPED, *spec.inputs))
    return Card(spec, fonts)


def _muxing(spec: ClipSpec, sounds: int, tags: Mapping[str, str]) -> dict[str, str]:
    """Return the muxer's options: nothing of the day or the library in the file, and the index before the data.

    The muxer writes the index first if it is told how much room to leave (what is left over becomes a `free` box); its
    `faststart` would need a named file. A picture or a sound takes at most 24 bytes of tables: size, time, chunk.
    """
    room = 4096 + 24 * (spec.frames + sounds) + 2 * sum(len(tag.encode()) for tag in tags.values())
    # A time scale in which whole pictures are whole units: the duration is exactly frames / fps.
    return {"fflags": "+bitexact", "movie_timescale": str(1000 * spec.fps), "moov_size": str(room)}


def _tags(spec: ClipSpec) -> dict[str, str]:
    """Return the tags: prompt in full as the comment, and the rest as JSON in the description."""
    facts = {"model": spec.model, "seed": spec.seed, "task_id": spec.task_id}
    tags = {
        "title": spec.task_id,
        "artist": spec.model,
        "comment": spec.prompt,
        "description": json.dumps(facts, ensure_ascii=False),
    }
    # A tag ends at a NUL, and half a surrogate pair has no UTF-8.
    return {name: tag.replace("\0", "").encode(errors="replace").decode() for name, tag in tags.items()}


def _pictures(spec: ClipSpec, subject: Subject, track: VideoStream) -> Iterator[Packet[Stream]]:
    """Yield the packets of all pictures: a key picture at each full second."""
    header, repeats = unchanged(spec.width, spec.height, spec.fps)
    if track.codec_context.extradata != header:
        raise EncodingError("x264 gave two clips of one size different headers")
    canvas, keys = Canvas(spec.width, spec.height), KeyPictures(track)
    canvas.paste(Box(0, 0, spec.width, spec.height), subject.base())
    for index in range(spec.frames):
        second, place = divmod(index, spec.fps)
        if place == 0:
            for patch in subject.patches(second):
                canvas.paste(patch.box, patch.image)
        data = repeats[place - 1] if place else keys.encode(canvas, index)
        yield _packet(track, data, index, 1, Fraction(1, spec.fps), key=place == 0)


def _sounds(seed: int, count: int, track: AudioStream) -> Iterator[Packet[Stream]]:
    """Yield `count` packets of tone; the first begins one packet before the clip and is not played."""
    sound = tone.tone(tone.pitch(seed))
    for index in range(count + 1):
        data = sound.steady if index else sound.first
        yield _packet(track, data, (index - 1) * tone.SAMPLES, tone.SAMPLES, Fraction(1, tone.RATE), key=True)


def _packet(track: Stream, data: bytes, at: int, duration: int, unit: Fraction, *, key: bool) -> Packet[Stream]:
    packet: Packet[Stream] = Packet(data)
    packet.stream, packet.time_base, packet.pts, packet.dts = track, unit, at, at
    packet.duration, packet.is_keyframe = duration, key
    return packet
