"""What is made of the frames of each test vector: colours, pictures, lines, lights, scenes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from sspd.face.crop import crop_resize
from sspd.face.frame_stats import measure_frame
from sspd.network.grid import grid_chunks
from sspd.signal import resample_times
from sspd.signal.color.pos import pos_waveform
from sspd.types import FIXED_POINT_MAX, Box, ConfidenceSpec, Frames, Signal
from sspd.vitals import pulse_band, read_rate
from sspd.vitals.acceptance import REASONS, VideoFacts, rejection_reasons, still_scene
from sspd.vitals.colour_direction import measure_colour_direction
from sspd.vitals.confidence import TERMS, confidence_of
from sspd.vitals.contradictions import contradictions
from sspd.vitals.flicker import is_flicker
from sspd.vitals.groups import group_lines
from sspd.vitals.heart_rate import Reading, follow_rate
from sspd.vitals.lines import cosine, late_cosine, line_db, near, part, relative
from sspd.vitals.new_frames import new_frames
from sspd.vitals.quality_features import QualityFeatures, compute_quality_features
from sspd.vitals.rate_track import RateTrack
from sspd.vitals.windows import read_window

Case = dict[str, Any]
#: Columns of the statistics of a frame.
OF_FRAMES = (
    "face_rgb",
    "background_rgb",
    "quarters_rgb",
    "moved",
    "overexposed",
    "dark",
    "motion",
)


def colour(given: Case) -> Case:
    """Resample mean colours to a time grid, and compute POS."""
    fs, n = given["fs"], given["n"]
    rows = resample_times(given["rgb"], given["t"], fs, given["start_s"], n)
    return {"resampled": rows.T[:, ::5], "pos": pos_waveform(rows, fs)[::3]}


def frames(given: Case) -> Case:
    """Compute the statistics of a few frames, one after the other."""
    box, rows, before = Box(*given["box"]), [], None
    for pixels in given["frames"]:
        rgb = np.array(pixels, np.uint8).reshape(given["height"], given["width"], 3)
        face = crop_resize(rgb, box, given["size"])
        row = measure_frame(rgb, box, face, before)
        before = row.grey
        rows.append({name: np.asarray(getattr(row, name), np.float64) for name in OF_FRAMES})
    return {"rows": rows}


def lines(given: Case) -> Case:
    """Measure the spectral lines of a waveform, and compare it with a colour."""
    fs, f_hz = given["fs"], given["f_hz"]
    values = pulse_band(given["values"], fs)
    colours = relative(np.array(given["colour"])[:, None], fs)
    ours, theirs = (near(rows, fs, f_hz)[:, 0] for rows in (values[:, None], colours))
    amplitude = complex(part(theirs[:, None], ours)[0])
    lines_db, size = group_lines(values, fs, f_hz)
    return {
        "line_db": line_db(values, fs, f_hz),
        "lines_db": lines_db,
        "group_size": size,
        "relative": colours[::11, 0],
        "near": ours.real[::11],
        "part": [amplitude.real, amplitude.imag],
        "cosine": cosine(theirs, ours),
        "late_cosine": late_cosine(theirs, ours, f_hz),
    }


def direction(given: Case) -> Case | None:
    """Say what the colours of a face and its background say about a rate."""
    fs = given["fs"]
    quarters = np.array(given["quarters"]).reshape(-1, 4, 3)
    box, wall = np.array(given["box"]), np.array(given["background"], np.float64)
    values = pulse_band(-quarters.mean(axis=1)[:, 1], fs)
    found = measure_colour_direction(values, quarters, box, wall, fs, given["f_hz"])
    if found is None:
        return None
    parts = np.stack([found.weights.real, found.weights.imag], axis=1)
    scale = float(np.abs(found.weights).max())
    return {**vars(found), "weights": parts / scale}


def quality(given: Case) -> Case | None:
    """Compute the quality features of a reading, and what follows from them."""
    fs, t = given["fs"], np.array(given["t"])
    values = pulse_band(given["values"], fs)
    reading = follow_rate(values, fs, read_rate(values, fs))
    colours = {name: np.array(given[name], np.float32) for name in ("box", "background", "moved")}
    rows = replace(
        still_scene(t),
        quarters_rgb=np.array(given["quarters"], np.float32).reshape(-1, 4, 3),
        face_rgb=colours["box"],
        background_rgb=colours["background"],
        moved=colours["moved"],
    )
    wave, spec = Signal(values, fs, given["start_s"]), ConfidenceSpec.from_dict(given["spec"])
    found = compute_quality_features(wave, reading, rows)
    specs = [replace(spec, intercept=intercept) for intercept in given["intercepts"]]
    windows = [read_window(wave, rows, confidence=spec) for spec in specs]
    return {
        "features": None if found is None else vars(found),
        "windows": [[one.spectral_bpm, one.confidence, list(one.reasons)] for one in windows],
    }


def confidence(given: Case) -> Case:
    """Return the confidence of readings by their quality features, and rejection reasons."""
    spec, found = ConfidenceSpec.from_dict(given["spec"]), {}
    for name, change in given["changes"]:
        known = {k: np.nan if v is None else v for k, v in {**given["clean"], **change}.items()}
        features = QualityFeatures(**known)
        against = contradictions(features, given["rate_bpm"])
        found[name] = {
            "terms": [float(term(features)) for term in TERMS.values()],
            "confidence": confidence_of(features, spec),
            "contradictions": sorted(against, key=REASONS.index),
        }
    return {"terms": list(TERMS), "readings": found}


def crops(given: Case) -> Case:
    """Put faces on the time grid of a network, or enlarge one."""
    if "pixels" in given:
        left, top, right, bottom = given["box"]
        rgb = np.array(given["pixels"], np.uint8).reshape(8, 9, 3)
        return {"face": crop_resize(rgb, Box(left, top, right, bottom), given["size"])}
    values = np.round(np.array(given["values"]) * (FIXED_POINT_MAX / 255)).astype(np.uint16)
    faces = Frames(values[:, None, None, None].repeat(3, 3), np.array(given["t"]), FIXED_POINT_MAX)
    chunks = [Frames(faces.rgb[k : k + 1], faces.t[k : k + 1], FIXED_POINT_MAX) for k in range(24)]
    return {"grid": [float(face[0, 0, 0]) for face in grid_chunks(chunks, given["fs"])]}


def repeats(given: Case) -> Case:
    """Say which frames are new, by their changes."""
    change = np.array([np.nan if v is None else v for v in given["change"]], np.float32)
    new = new_frames(change, np.zeros(change.size, bool), given["one_way"])
    return {"new": "".join("01"[v] for v in new.astype(int))}


def flicker(given: Case) -> Case:
    """Say whether a light pulses at a rate."""
    t, face = np.array(given["t"]), np.array(given["face"], np.float32)
    rows = replace(
        still_scene(t),
        quarters_rgb=np.repeat(face[:, None], 4, axis=1),
        background_rgb=np.array(given["background"], np.float32),
    )
    return {"is_flicker": is_flicker(rows, float(t[0]), float(t[-1]) + 1, given["f_hz"])}


def reasons(given: Case) -> Case:
    """Say why a reading is rejected, in a scene that stays as it is."""
    fps, n = given["fps"], round(given["fps"] * given["seconds"])
    scene, read = given["scene"], given["reading"]
    rows = replace(
        still_scene(np.arange(n) / fps),
        **{name: np.full(n, scene[name], np.float32) for name in ("overexposed", "dark", "motion")},
        new=(np.arange(n) % scene["every"] == 0).astype(np.float32),
    )
    track = RateTrack(np.full(n, read["spectral_bpm"] / 60), fps) if read["tracked"] else None
    reading = Reading(read["spectral_bpm"], read["peaks_bpm"], read["snr_db"], track)
    facts = VideoFacts(clock_known=given["clock_known"])
    sure, least = given["confidence"], given["least_confidence"]
    found = rejection_reasons(
        reading, rows, 0.0, given["seconds"], facts, sure, least_confidence=least
    )
    return {"reasons": found}
