"""Callers' videos and sounds, made here: two colours that change each second, and a tone of 440 Hz."""

from __future__ import annotations

import io
import math
import struct
import wave
from array import array
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

RED, BLUE = (200, 40, 30), (30, 60, 190)
HERTZ = 440
LOUDNESS = 0.3


@dataclass(frozen=True, slots=True)
class Video:
    """What to make: sides in pixels, pictures a second (a fraction too), how often a key picture."""

    width: int = 160
    height: int = 96
    fps: Fraction | int = 24
    seconds: float = 3
    keys_every: int = 250
    codec: str = "libx264"
    form: str = "mp4"
    sound: str | None = "aac"
    rate: int = 48000
    layout: str = "stereo"
    reordered: int = 0


def video(spec: Video) -> bytes:
    """Encode a video, its index at the end, as cameras write it."""
    file = io.BytesIO()
    with av.open(file, "w", format=spec.form) as container:
        pictures = _track(container, spec)
        sound = cast("AudioStream", container.add_stream(spec.sound, rate=spec.rate)) if spec.sound else None
        if sound:
            sound.codec_context.layout = spec.layout
        for index in range(round(spec.fps * spec.seconds)):
            colour = RED if int(index / spec.fps) % 2 == 0 else BLUE
            frame = VideoFrame.from_ndarray(np.full((spec.height, spec.width, 3), colour, np.uint8), format="rgb24")
            frame.pts, frame.time_base = index, 1 / Fraction(spec.fps)
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode(None))
        if sound:
            _sing(container, sound, spec)
    return file.getvalue()


def _track(container: OutputContainer, spec: Video) -> VideoStream:
    options = {"preset": "veryfast" if spec.reordered else "ultrafast", "bf": str(spec.reordered)}
    rate = Fraction(spec.fps)
    track = container.add_stream(spec.codec, rate=rate, options=options if spec.codec == "libx264" else {})
    pictures = cast("VideoStream", track)
    pictures.width, pictures.height, pictures.pix_fmt = spec.width, spec.height, "yuv420p"
    pictures.codec_context.gop_size, pictures.codec_context.time_base = spec.keys_every, 1 / rate
    return pictures


def _sing(container: OutputContainer, track: AudioStream, spec: Video) -> None:
    samples = tone(spec.rate, spec.seconds).astype(np.float32)
    channels = track.codec_context.layout.nb_channels
    for at in range(0, len(samples), 1024):
        piece = np.stack([samples[at : at + 1024]] * channels)
        frame = AudioFrame.from_ndarray(piece, format="fltp", layout=spec.layout)
        frame.sample_rate, frame.pts, frame.time_base = spec.rate, at, Fraction(1, spec.rate)
        container.mux(track.encode(frame))
    container.mux(track.encode(None))


def tone(rate: int, seconds: float) -> NDArray[np.float64]:
    """Return the samples of the tone."""
    times = np.arange(round(rate * seconds), dtype=np.float64) / rate
    return np.asarray(LOUDNESS * np.sin(2 * np.pi * HERTZ * times))


def loudest(samples: NDArray[np.float32], rate: int = 48000) -> float:
    """Return the frequency (Hz) that is loudest in some samples."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


def sound_only() -> bytes:
    """Encode an MP4 without pictures."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        track = container.add_stream("aac", rate=48000)
        track.codec_context.layout = "stereo"
        _sing(container, track, Video())
    return file.getvalue()


def wav(seconds: float, rate: int = 8000) -> bytes:
    """Write a WAV: the tone in 16 bit, one channel."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes((tone(rate, seconds) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def mp3(seconds: float) -> bytes:
    """Encode an MP3. It is a frame or two (26 ms each) longer."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as container:
        track = container.add_stream("libmp3lame", rate=44100, layout="mono")
        samples = array("f", (LOUDNESS * math.sin(2 * math.pi * HERTZ / 44100 * at) for at in range(1152)))
        for index in range(math.floor(seconds * 44100 / 1152)):
            frame = AudioFrame(format="fltp", layout="mono", samples=1152)
            frame.planes[0].update(samples.tobytes())
            frame.sample_rate, frame.pts, frame.time_base = 44100, index * 1152, Fraction(1, 44100)
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return file.getvalue()


def box(name: bytes, body: bytes) -> bytes:
    """Return an MP4 box."""
    return struct.pack(">I", 8 + len(body)) + name + body


def patched(data: bytes, name: bytes, offset: int, value: bytes) -> bytes:
    """Overwrite bytes of the first box of a name, counted from the end of the name."""
    at = data.index(name) + len(name) + offset
    return data[:at] + value + data[at + len(value) :]


def index_first(data: bytes) -> bytes:
    """Put an MP4 whose index comes last through FFmpeg again, so that it comes first."""
    file = io.BytesIO()
    with (
        av.open(io.BytesIO(data), "r") as source,
        av.open(file, "w", format="mp4", options={"moov_size": "20000"}) as target,
    ):
        tracks = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = tracks[packet.stream.index]
                target.mux(packet)
    return file.getvalue()
