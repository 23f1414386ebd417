"""Inputs of the test vectors that concern frames: colours, pictures, scenes, readings, crops."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vectors.waves import Case, pulse, rounded


def of_frames() -> Iterator[tuple[str, str, Case]]:
    """Yield group, name and input of every case that concerns frames."""
    yield from colours()
    yield from pictures()
    yield from lights()
    yield from scenes()
    yield from regions()
    yield from takes()
    yield from judged()
    yield from crops()
    yield from repeated()


def colours() -> Iterator[tuple[str, str, Case]]:
    """Yield mean colours at uneven times."""
    for name, fps in (("uneven", 28.0), ("faster than the grid", 50.0)):
        rng = np.random.default_rng(round(fps))
        t = np.cumsum(rng.uniform(0.7, 1.3, round(5 * fps)) / fps)
        blood = np.array([140, 110, 90]) + np.sin(7.5 * t)[:, None] * [0.3, 0.8, 0.5]
        rgb = [rounded(row, 3) for row in blood + rng.normal(0, 0.1, blood.shape)]
        yield "colour", name, {"t": rounded(t, 4), "rgb": rgb, "fs": 30.0, "start_s": 0.2, "n": 135}


def pictures() -> Iterator[tuple[str, str, Case]]:
    """Yield small pictures with a texture that moves."""
    kinds = {"a face in a room": (9, 8, 25, 23), "a face that fills the picture": (1, 1, 21, 20)}
    for k, (name, box) in enumerate(kinds.items()):
        height, width = ((28, 29), (21, 22))[k]
        y, x = np.mgrid[:height, :width]
        shots = []
        for step in (0.0, 0.3):
            wave = 120 + 90 * np.sin((x - step) / 3.1) * np.cos((y + 0.5 * step) / 2.7)
            rgb = wave[..., None] * [1.3, 1.0, 0.5] + np.random.default_rng(k).normal(
                0, 4, (height, width, 3)
            )
            shots.append([int(v) for v in np.clip(rgb, 0, 255).ravel()])
        yield (
            "frames",
            name,
            {"frames": shots, "height": height, "width": width, "box": list(box), "size": 14},
        )


def lights() -> Iterator[tuple[str, str, Case]]:
    """Yield waveforms with lines, and colours with and without a light that pulses."""
    fs, n, rng = 15.0, 270, np.random.default_rng(40)
    t = np.arange(n) / fs
    even = np.cos(7.54 * t) + 0.4 * np.cos(15.08 * t)
    pairs = sum(np.cos(k * 3.77 * t) for k in (1, 2, 3, 4))
    thirds = sum(np.cos(k * 2.5133 * t) for k in range(1, 8))
    for name, wave in {"regular": even, "pairs": pairs, "thirds": thirds}.items():
        colour = rounded(100 - 0.3 * np.roll(wave, 2) + 0.1 * rng.normal(size=n), 4)
        values = rounded(wave + 0.1 * rng.normal(size=n), 4)
        yield "lines", name, {"values": values, "colour": colour, "fs": fs, "f_hz": 1.2}
    t = rounded(np.arange(150) / 20, 3)
    beat = np.sin(2 * np.pi * 1.3 * np.array(t))[:, None]
    blood, grey, red = beat * [0.3, 0.8, 0.5], beat * [0.6, 0.6, 0.6], beat * [1.0, 0.1, 0.0]
    none = 0 * blood
    for name, on_face, behind in (
        ("blood", blood, none),
        ("a light on both", grey, grey),
        ("a coloured light", red, red),
    ):
        pair = [
            [rounded(row, 2) for row in level + change + rng.normal(0, 0.05, change.shape)]
            for level, change in (([140.0, 110.0, 90.0], on_face), ([90.0, 95.0, 99.0], behind))
        ]
        yield "flicker", name, {"t": t, "face": pair[0], "background": pair[1], "f_hz": 1.3}


def scenes() -> Iterator[tuple[str, str, Case]]:
    """Yield readings in scenes of all degrees."""
    scene = {"overexposed": 0.0, "dark": 0.0, "motion": 0.2, "every": 1}
    reading = {"spectral_bpm": 70.0, "peaks_bpm": 71.0, "snr_db": 6.0, "tracked": False}
    base = {"fps": 30.0, "seconds": 30.0, "clock_known": True}
    sure = {"confidence": None, "least_confidence": None}
    kinds: dict[str, Case] = {
        "good": {},
        "noisy": {"snr_db": 0.9, "overexposed": 0.2},
        "short": {"snr_db": 2.5, "seconds": 10.0},
        "tracked": {"snr_db": 4.0, "tracked": True},
        "peaks elsewhere": {"peaks_bpm": 80.0, "dark": 0.6},
        "no peaks": {"peaks_bpm": None},
        "no rate": {"spectral_bpm": None, "peaks_bpm": None, "snr_db": None},
        "sure": {"confidence": 0.85, "snr_db": 0.0},
        "not sure": {"confidence": 0.7},
        "sure enough for some": {"confidence": 0.7, "least_confidence": 0.6},
        "much too bright": {"overexposed": 0.5},
        "much too dark": {"dark": 0.95},
        "moving": {"motion": 13.0},
        "moving, with few frames": {"motion": 15.0, "fps": 15.0},
        "repeated frames": {"every": 3},
        "another clock": {"clock_known": False},
    }
    for name, change in kinds.items():
        given = changed(base | sure, change)
        given |= {"scene": changed(scene, change), "reading": changed(reading, change)}
        yield "reasons", name, given


def regions() -> Iterator[tuple[str, str, Case]]:
    """Yield colours of four quarters of a face, its box and its background."""
    fs, n = 10.0, 105
    wave = np.sin(2 * np.pi * 1.2 * np.arange(n) / fs)[:, None]
    for name, colour, on_wall in (
        ("a pulse", [0.3, 0.9, 0.5], 0.0),
        ("a red light", [1.0, 0.1, 0.05], 0.8),
    ):
        rng = np.random.default_rng(50)
        noise = rng.normal(0, 0.08, (n, 6, 3)) * [1.0, 0.7, 1.3]
        change = wave * np.array(colour)
        parts = [120 - 0.5 * change + noise[:, k] for k in range(4)]
        box = 110 - 0.25 * change + noise[:, 4] / 2
        wall = 90 - 0.5 * on_wall * change + noise[:, 5]
        yield (
            "direction",
            name,
            {
                "quarters": [rounded(row, 2) for row in np.concatenate(parts, axis=1)],
                "box": [rounded(row, 2) for row in box],
                "background": [rounded(row, 2) for row in wall],
                "fs": fs,
                "f_hz": 1.2,
            },
        )
    dark = {
        "quarters": [[90.0] * 12] * 40,
        "box": [[90.0] * 3] * 40,
        "background": [[0.0] * 3] * 40,
    }
    yield "direction", "nothing changes", {**dark, "fs": fs, "f_hz": 1.2}


def takes() -> Iterator[tuple[str, str, Case]]:
    """Yield waveforms with the frames around them: one sits still, one is read twice and nods."""
    fs, n, start_s = 14.0, 154, 0.5
    slow = {"first": 0.4, "second": 0.9, "rise": 0.01}
    for name, bpm, nod, shape in (("still", 60, 0.0, {}), ("nodding, slow", 48, 0.006, slow)):
        rng = np.random.default_rng(60)
        values = pulse(fs, n / fs, bpm, 61, swing=0.0, noise=0.1, **shape)
        blood = pulse(fs, n / fs, bpm, 61, swing=0.0, noise=0.1, rise=shape.get("rise", 0.0))
        t = np.arange(n - 4) / fs
        wave = np.interp(t, start_s + np.arange(n) / fs, blood)[:, None]
        parts = [120 - 0.4 * wave * [0.4, 1.0, 0.6] for _ in range(4)]
        quarters = np.concatenate(parts, axis=1) + rng.normal(0, 0.05, (t.size, 12))
        moved = np.gradient(wave[:, 0])[:, None] * [0.1 * nod, nod, 0.0]
        yield (
            "quality",
            name,
            {
                "values": values,
                "fs": fs,
                "start_s": start_s,
                "t": rounded(t, 4),
                "quarters": [rounded(row, 2) for row in quarters],
                "box": [rounded(row, 2) for row in 100 - 0.2 * wave * [0.4, 1.0, 0.6]],
                "background": [rounded(row, 2) for row in 80 + rng.normal(0, 0.05, (t.size, 3))],
                "spec": SPEC,
                # so low that nothing is accepted, and higher
                "intercepts": [-8.0, -5.0, 6.0],
                "moved": [rounded(row, 5) for row in moved],
            },
        )


#: Weights of every term of a confidence.
SPEC = {
    "intercept": -5.0,
    "weights": [
        ["snr", 0.2],
        ["line", 0.1],
        ["with_mix", 1.0],
        ["change", 0.02],
        ["beyond_grey", 0.02],
        ["alike", 1.0],
        ["short", -0.5],
        ["peaks_apart", -0.2],
        ["halves_apart", -0.1],
        ["odd_lines", -0.05],
        ["uneven", -2.0],
        ["half_seen", -0.3],
        ["pos_apart", -0.2],
        ["not_with_pos", -2.0],
        ["not_blood", -0.05],
        ["sway", -0.1],
        ["on_wall", -3.0],
        ["wall_unsure", -1.0],
        ["no_background", -0.5],
        ["on_edges", -4.0],
        ["nod", -0.1],
        ["grouped", -0.2],
        ["wandering", -0.1],
        ["pos_sure_elsewhere", -0.05],
        ["lamp", -3.0],
    ],
}


def judged() -> Iterator[tuple[str, str, Case]]:
    """Yield quality features of good readings, and of those that something contradicts."""
    from helpers.features import CLEAN

    clean = vars(CLEAN)
    unseen = {"background_share": None, "background_share_sd": None}
    unknown = {"change_db": None, "with_mix": None, "alike": None, "beyond_blood_db": None}
    unknown |= {"beside_blood": None, "half_change_db": None}
    kinds: dict[str, Case] = {
        "clean": {},
        "short, colours unknown": {"duration_s": 8.0, **unseen, **unknown, "box_share": None},
        "flicker": {"flicker": 1.0, "with_pos": 0.2},
        "coloured light": {"beside_blood": 0.7},
        "on the wall": {"background_share": 0.5},
        "on the edges": {**unseen, "box_share": 0.9},
        "too clean": {**unseen, "snr_db": 13.0, "with_pos": 0.8},
        "nodding": {"nod_db": 9.0, "with_nod": 0.8, "sway_db": 12.0, "with_sway": 0.9},
        "nodding, unclear": {"nod_db": -5.0, "with_nod": 0.9, "snr_db": 1.0},
        "halves": {"halves_bpm": 16.0},
        "halves, not alive": {"halves_bpm": 7.0, "snr_db": 5.0, "with_pos": 0.5},
        "wanders": {"track_bpm": 12.0, "snr_db": 2.0},
        "peaks": {"peaks_bpm": 13.0, "odd_lines_db": 30.0, "pos_half_bpm": 3.0},
        "twice": {"pos_bpm": 71.0},
        "read double": {"half_change_db": 80.0, "change_db": 12.0},
        "clear on one side": {"side_share": 0.25, "snr_db": 12.0, "with_pos": 0.6},
        "one side": {"side_share": -0.1, "sides_bpm": 9.0, "sides_line_db": 10.0},
        "noise": {"snr_db": -1.0, "pos_bpm": 9.0, "with_pos": 0.1, "with_mix": 0.2, "alike": 0.1},
        "groups of two, slow": {"group_db": -10.0, "group_size": 2},
        "groups of three": {"group_db": -20.0, "group_size": 3},
    }
    given = {
        "clean": clean,
        "changes": [[*kind] for kind in kinds.items()],
        "spec": SPEC,
        "rate_bpm": 70.0,
    }
    yield "confidence", "every kind of reading", given


def crops() -> Iterator[tuple[str, str, Case]]:
    """Yield faces at uneven times, of a pixel each, and a face that is smaller than its crop."""
    for fps in (14.0, 30.0, 55.0):
        rng = np.random.default_rng(round(fps))
        t = np.cumsum(rng.uniform(0.8, 1.2, 24) / fps)
        given = {"t": rounded(t, 4), "values": rounded(rng.uniform(0, 255, 24), 2), "fs": 30.0}
        yield "crops", f"{fps:g} frames per second", given
    pixels = np.random.default_rng(3).integers(0, 255, (8, 9, 3)).ravel().tolist()
    yield "crops", "a small face", {"pixels": pixels, "box": [1, 2, 7, 8], "size": 11}


def repeated() -> Iterator[tuple[str, str, Case]]:
    """Yield changes from frame to frame, of which some are those of repeats."""
    rng, n = np.random.default_rng(70), 96
    moving, small = rng.uniform(1.0, 2.0, n), rng.uniform(0.1, 0.3, n)
    kinds = {
        "none repeats": moving,
        "each second is the same": np.where(np.arange(n) % 2, 0.0, moving),
        "each third is new": np.where(np.arange(n) % 3, small, moving),
        "each second is new": np.where(np.arange(n) % 2, moving, 4 * small),
    }
    for name, change in kinds.items():
        given = {"change": [None, *rounded(change, 2)[1:]], "one_way": True}
        yield "repeats", name, given
    yield "repeats", "frames that a codec made of later ones", {**given, "one_way": False}


def changed(usual: Case, change: Case) -> Case:
    """Return what is usual, with what is changed of it."""
    return {key: change.get(key, value) for key, value in usual.items()}
