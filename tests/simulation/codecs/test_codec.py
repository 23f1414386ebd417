from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from sspd.errors import OutputError, UsageError
from sspd.research.api.simulate import simulate as simulate_videos
from sspd.simulation import (
    CodecSpec,
    VideoSpec,
    draw_codec,
    face_box,
    is_encoded,
    presets,
    simulate,
    simulate_faces,
    skin_mask,
    truth,
    video_suffix,
    write_truth,
    write_video,
)
from sspd.simulation.codecs.draw import KINDS
from sspd.simulation.codecs.options import CODECS
from sspd.types import Frames
from sspd.video.read import read
from sspd.video.write import write_h264

#: A still face of a steady heart at 90 bpm; its two channels of 1.5 Hz are whole in 4 s.
HEART_HZ = 1.5
SPEC = VideoSpec(
    seed=5,
    width=240,
    height=180,
    face_px=110,
    duration_s=4.0,
    hr_bpm=60 * HEART_HZ,
    lf_ms=0.0,
    hf_ms=0.0,
    transit_ms=0.0,
    noise_levels=1.5,
    pulse_percent=1.0,
)
SMALL = VideoSpec(seed=2, width=160, height=120, face_px=70, duration_s=1.0, motion="talking")


@pytest.fixture(scope="module")
def camera() -> list[Frames]:
    return list(simulate(SPEC))


@pytest.fixture(scope="module")
def lifeless() -> list[Frames]:
    return list(simulate(SPEC.replace(pulse_percent=0.0)))


def amplitude(frames: list[Frames], f_hz: float) -> float:
    """Amplitude of green on the skin at a frequency, relative to its mean."""
    skin = skin_mask(SPEC)
    t = np.concatenate([chunk.t for chunk in frames])
    green = np.concatenate([chunk.rgb[:, skin, 1].mean(axis=1) for chunk in frames])
    x = green / green.mean() - np.polyval(np.polyfit(t, green / green.mean(), 3), t)
    return float(abs(2 * np.mean(x * np.exp(-2j * np.pi * f_hz * t))))


def coded(spec: VideoSpec, frames: list[Frames], folder: Path) -> list[Frames]:
    path = folder / f"a{video_suffix(spec)}"
    write_video(spec, path, frames)
    return list(read(path))


@pytest.mark.slow
@pytest.mark.parametrize("speed", ["live", "fast"])
@pytest.mark.parametrize("name", CODECS)
def test_pulse_survives_many_bits_and_suffers_from_few(
    name: str, speed: str, camera: list[Frames], tmp_path: Path
) -> None:
    before = amplitude(camera, HEART_HZ)
    left = {}
    for rate in (80_000, 2_000_000):
        spec = SPEC.replace(codec=CodecSpec(name, speed=speed, bit_rate=rate))
        left[rate] = amplitude(coded(spec, camera, tmp_path), HEART_HZ) / before
    # real-time AV1 skips blocks that hardly change, however many bits there are
    assert (0.75 if (name, speed) == ("av1", "live") else 0.85) < left[2_000_000] < 1.1
    # MJPEG takes more bits than it is given
    assert 0.2 < left[80_000] < (1.05 if name == "mjpeg" else left[2_000_000])


def test_picture_pumps_with_coarse_key_frames(lifeless: list[Frames], tmp_path: Path) -> None:
    seen = []
    for every_s, step in ((0.0, 0.0), (0.5, 0.0), (0.5, 6.0)):
        codec = CodecSpec("h264", "", "live", 60_000, key_every_s=every_s, key_qp_step=step)
        seen.append(amplitude(coded(SPEC.replace(codec=codec), lifeless, tmp_path), 2.0))
    # at the rate of the key frames, and of the size of a pulse
    assert seen[1] > 2 * seen[0]
    assert 3e-4 < seen[1] < seen[2] < 5e-3


def test_without_a_codec_files_are_those_of_x264_as_ever(tmp_path: Path) -> None:
    for rate in (None, 150_000):
        spec = SMALL.replace(bit_rate=rate)
        write_video(spec, tmp_path / "a.mp4")
        write_h264(tmp_path / "b.mp4", simulate(spec), fps=spec.fps, bit_rate=rate)
        assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
        assert is_encoded(spec) == (rate is not None)
    write_truth(SMALL, tmp_path / "a.mp4")
    assert (tmp_path / "a.csv").read_text().startswith("time_s,bvp\n")


EFFECTS = {"drop_percent": 10, "repeat_percent": 10, "jitter_ms": 3, "scale_percent": 50}


@pytest.mark.parametrize("codec", [CodecSpec("vp8"), CodecSpec("h264", "", "live", **EFFECTS)])
def test_equal_options_give_equal_bytes(codec: CodecSpec, tmp_path: Path) -> None:
    spec = SMALL.replace(codec=dataclasses.replace(codec, dwell_s=0.3))
    paths = [tmp_path / f"{name}{video_suffix(spec)}" for name in "abc"]
    for path, seed in zip(paths, (2, 2, 3), strict=True):
        write_video(spec.replace(seed=seed), path)
    first, again, other = (path.read_bytes() for path in paths)
    assert first == again != other
    faces = [simulate_faces(spec, 32, encode=True) for _ in range(2)]
    np.testing.assert_array_equal(faces[0].rgb, faces[1].rgb)


def shrunk(frames: list[Frames], spec: VideoSpec) -> np.ndarray:
    """Mean colours of a grid of 8x8 over the face box."""
    box = face_box(spec)
    side = box.height // 8
    rgb = np.concatenate([chunk.rgb for chunk in frames])
    rgb = rgb[:, box.top : box.top + 8 * side, box.left : box.left + 8 * side]
    return np.asarray(rgb.reshape(len(rgb), 8, side, 8, side, 3).mean(axis=(2, 4)))


@pytest.mark.parametrize("name", ["h264", "vp9"])
@pytest.mark.parametrize("scale_percent", [0.0, 60.0])
def test_crops_are_what_the_file_gives(name: str, scale_percent: float, tmp_path: Path) -> None:
    effects = {**EFFECTS, "scale_percent": scale_percent, "dwell_s": 0.3}
    spec = SPEC.replace(
        motion="talking", duration_s=2.0, codec=CodecSpec(name, "", "live", 150_000, **effects)
    )
    box = face_box(spec)
    side = box.height // 8 * 8
    faces = simulate_faces(
        spec, 8, encode=True, box=box._replace(right=box.left + side, bottom=box.top + side)
    )
    write_video(spec, tmp_path / f"a{video_suffix(spec)}")
    file = list(read(tmp_path / f"a{video_suffix(spec)}"))
    np.testing.assert_allclose(faces.t, np.concatenate([chunk.t for chunk in file]), atol=1e-6)
    difference = faces.rgb / 256 - shrunk(file, spec)
    assert np.abs(difference).mean() < 1.5
    assert np.abs(difference.mean(axis=(1, 2))).max() < 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "h266"}, r"codec\.name must be one of .*'av1'"),
        ({"speed": "slower"}, r"codec\.speed must be one of"),
        ({"container": "webm"}, r"codec\.container must be one of \('mp4', 'mov', 'mkv'\)"),
        ({"bit_rate": 500}, "bit_rate must be 0 .constant quality. or 10000 or more"),
        ({"drop_percent": 70.0}, "drop_percent must be 0 to 60"),
        ({"drop_percent": 50.0, "repeat_percent": 50.0}, "may be 90 together, got 100"),
        ({"burst_frames": 0.0}, "burst_frames must be 1 to 300"),
        ({"key_qp_step": 3.0, "name": "vp8"}, "key_qp_step is for h264, not vp8"),
        ({"b_frames": 2, "name": "av1"}, "b_frames is for h264 and hevc, not av1"),
        ({"b_frames": 2, "speed": "live"}, "a live encoder has no b_frames"),
        ({"rate_drop_percent": 50.0, "bit_rate": 0}, "needs a bit_rate"),
        ({"name": "mjpeg", "container": "avi", "jitter_ms": 2.0}, "avi file has no timestamps"),
        (
            {"name": "vp8", "container": "webm", "scale_percent": 9.0},
            r"container must be one of \('mp4',\)",
        ),
    ],
)
def test_options_that_cannot_be_are_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        CodecSpec(**options)  # type: ignore[arg-type]


def test_options_come_back_from_json() -> None:
    spec = SMALL.replace(codec=draw_codec(np.random.default_rng(0), "call"))
    assert VideoSpec(**json.loads(json.dumps(spec.record()))) == spec


def test_file_of_another_suffix_or_of_too_few_frames_is_not_written(tmp_path: Path) -> None:
    spec = SMALL.replace(codec=CodecSpec("vp9"))
    with pytest.raises(UsageError, match=r"a\.mp4: this video's file ends in \.webm"):
        write_video(spec, tmp_path / "a.mp4")
    frames = list(simulate(spec))
    for some, count in ((frames[:-1], "30 frames, got"), (frames[:0], "at least one frame|got 0")):
        with pytest.raises(UsageError, match=count):
            write_video(spec, tmp_path / "a.webm", some)
    uneven = spec.replace(jitter_s=0.01, codec=CodecSpec("mjpeg", "avi"))
    with pytest.raises(UsageError, match=r"an \.avi file has no timestamps, so no jitter_s"):
        truth(uneven)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_draws_are_of_their_kind(kind: str) -> None:
    drawn = [draw_codec(np.random.default_rng(i), kind) for i in range(150)]
    again = [draw_codec(np.random.default_rng(i), kind) for i in range(150)]
    assert drawn == again
    assert len(set(drawn)) == 150
    names = {codec.name for codec in drawn}
    if kind == "call":
        assert names == {"h264", "vp8", "vp9", "av1"}
        assert all(codec.speed == "live" for codec in drawn)
        assert 0.4 < np.mean([codec.recorded for codec in drawn]) < 0.95
        for effect in ("drop_percent", "repeat_percent", "slow_percent", "jitter_ms"):
            assert 0.1 < np.mean([getattr(codec, effect) > 0 for codec in drawn]) < 0.9
    else:
        assert not any(codec.recorded or codec.repeat_percent for codec in drawn)
    if kind == "phone":
        assert names == {"h264", "hevc"}
        assert min(codec.bit_rate for codec in drawn) >= 400_000
    if kind == "file":
        assert names == set(CODECS)


def test_unknown_kind_lists_the_known() -> None:
    with pytest.raises(UsageError, match=r"kind must be one of file, call, phone, web, got 'fax'"):
        draw_codec(np.random.default_rng(0), "fax")


def test_videos_are_named_by_their_codec_kept_and_never_mixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = {
        name: {**presets.PRESETS["still"], "codec": CodecSpec(name)} for name in ("vp8", "hevc")
    }
    monkeypatch.setattr(presets, "PRESETS", {**presets.PRESETS, **kinds})

    def run(preset: str, **more: object) -> list[str]:
        options = {"seconds": 0.2, "size": (160, 120), "preset": preset, **more}
        made = simulate_videos(tmp_path, 2, **options)  # type: ignore[arg-type]
        return [f"{video.path.name} {made.n_written}" for video in made.videos]

    assert run("vp8") == ["video_0000.webm 2", "video_0001.webm 2"]
    assert run("vp8") == ["video_0000.webm 0", "video_0001.webm 0"]
    (tmp_path / "video_0001.webm").unlink()
    assert run("vp8") == ["video_0000.webm 1", "video_0001.webm 1"]
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.*")}
    # the truth of another video has the same name
    for preset, layout in (("hevc", "folder"), ("still", "folder"), ("hevc", "faces")):
        with pytest.raises(OutputError, match=r"video_0000\.webm: is already there and is another"):
            run(preset, layout=layout)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.*")} == before
