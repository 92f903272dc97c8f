"""Puts a clip together: key pictures, unchanged pictures and sound, in an MP4 whose index comes first."""

from __future__ import annotations

import heapq
import io
import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol

import av
from av.packet import Packet
from PIL import Image

from ...core.clip import Footage, Picture
from ..drawing.board import Board
from ..drawing.card import Card
from ..drawing.photo import Photo
from ..drawing.plate import Plate
from ..drawing.screening import Screening
from ..drawing.tiles import Shown
from ..judging.reel import Reel
from ..judging.soundtrack import Sound
from . import tone
from .encode import Canvas, EncodingError, KeyPictures, picture_track, unchanged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from av.audio.stream import AudioStream
    from av.stream import Stream
    from av.video.stream import VideoStream

    from ...core.clip import ClipSpec
    from ..drawing.fonts import Fonts
    from ..drawing.layers import Layer

    Timed = tuple[float, Packet[Stream]]  # a packet and the second it begins at

DROPPED = "Something that this clip shows is no longer kept: the emulator needed its room for newer media."
Load = Callable[[Picture | Footage], bytes | None]


class Subject(Protocol):
    """What is shown."""

    def layers(self, second: int) -> Sequence[Layer]:
        """Return what is laid over the picture of the second before: in the first second, all there is."""


def film(spec: ClipSpec, fonts: Fonts, load: Load = lambda _: None) -> bytes:
    """Return a clip as an MP4 file. Pure: equal arguments give equal bytes in one installation.

    `load` gives the callers' media that the spec names, as `InputStore` keeps them; where some were dropped the card
    says so.
    """
    subject = _subject(spec, fonts, load)
    sound = _sound(spec, load)
    tags = _tags(spec)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options=_muxing(spec, len(sound.packets), tags)) as container:
        container.metadata.update(tags)
        pictures = picture_track(container, spec.width, spec.height, spec.fps)
        heard = tone.sound_track(container) if sound.packets else None
        container.start_encoding()
        moving = _pictures(spec, subject, pictures)
        sounding = _sounds(sound, heard) if heard else iter(())
        for _, packet in heapq.merge(moving, sounding, key=itemgetter(0)):
            container.mux_one(packet)
    return file.getvalue()


def _subject(spec: ClipSpec, fonts: Fonts, load: Load) -> Subject:
    """Return what fills the picture: footage, else first and last frame, else a card with the references on it."""
    if spec.stamped:
        return Plate(spec, fonts)
    references = [Shown(reference, _picture(reference.picture, load)) for reference in spec.references]
    if spec.footage and (data := load(spec.footage)):
        return Screening(spec, fonts, Reel(data), references)
    first, last = _picture(spec.first_frame, load), _picture(spec.last_frame, load)
    wanted = (spec.footage, spec.first_frame, spec.last_frame, *(each.picture for each in spec.references))
    found = (None, first, last, *(shown.picture for shown in references))
    if any(one and not other for one, other in zip(wanted, found, strict=True)):
        spec = replace(spec, inputs=(DROPPED, *spec.inputs))
    if first:
        return Photo(spec, fonts, first, last, references)
    card = Board(spec, fonts, references) if references else Card(spec, fonts)
    return Photo(spec, fonts, card.base(), last) if last else card


def _picture(kept: Picture | Footage | None, load: Load) -> Image.Image | None:
    """Return a kept picture, or the first of kept footage."""
    if kept is None or not (data := load(kept)):
        return None
    return Reel(data).picture(0) if isinstance(kept, Footage) else Image.open(io.BytesIO(data), formats=("JPEG",))


def _sound(spec: ClipSpec, load: Load) -> Sound:
    """Return the packets that end with the picture or less than one packet before: of footage, or of a tone."""
    samples = spec.frames * tone.RATE // spec.fps if spec.audio else 0
    if samples and spec.sound_of and (data := load(spec.sound_of)) and (sound := Reel(data).sound):
        return Sound(sound.start, sound.packets[: max((samples - sound.start) // tone.SAMPLES, 0)])
    packets = samples // tone.SAMPLES
    steady = tone.tone(tone.pitch(spec.seed)) if packets else None
    return Sound(-tone.SAMPLES, [steady.first, *[steady.steady] * packets] if steady else [])


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


def _pictures(spec: ClipSpec, subject: Subject, track: VideoStream) -> Iterator[Timed]:
    """Yield the packets of all pictures: a key picture at each full second."""
    header, repeats = unchanged(spec.width, spec.height, spec.fps)
    if track.codec_context.extradata != header:
        raise EncodingError("x264 gave two clips of one size different headers")
    canvas, keys = Canvas(spec.width, spec.height), KeyPictures(track)
    unit = Fraction(1, spec.fps)
    for index in range(spec.frames):
        second, place = divmod(index, spec.fps)
        if place == 0:
            for layer in subject.layers(second):
                layer.put(canvas)
        data = repeats[place - 1] if place else keys.encode(canvas, index)
        yield index / spec.fps, _packet(track, data, index, 1, unit, key=place == 0)


def _sounds(sound: Sound, track: AudioStream) -> Iterator[Timed]:
    """Yield the packets of a sound. What begins before the clip is not played."""
    unit = Fraction(1, tone.RATE)
    for index, data in enumerate(sound.packets):
        at = sound.start + index * tone.SAMPLES
        yield at / tone.RATE, _packet(track, data, at, tone.SAMPLES, unit, key=True)


def _packet(track: Stream, data: bytes, at: int, duration: int, unit: Fraction, *, key: bool) -> Packet[Stream]:
    packet: Packet[Stream] = Packet(data)
    packet.stream, packet.time_base, packet.pts, packet.dts = track, unit, at, at
    packet.duration, packet.is_keyframe = duration, key
    return packet
