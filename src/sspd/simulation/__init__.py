"""Simulated videos of faces with a known pulse.

A `VideoSpec` describes a video completely. `simulate` renders its frames, `simulate_faces`
only the crops of a face box, and `truth` returns the known pulse without rendering.
`write_video` and `write_truth` write both to disk (see `sspd.simulation.files` for the format);
a `CodecSpec` says how the frames are encoded and sent, and `delivery` which of them arrive.
A `HeartSpec` makes the heart wander as recorded ones do, change its rate, or lose its rhythm;
`random_heart` draws one as people have at a rate. Beat times of other hearts come from
`sspd.simulation.hearts.rhythms` and `sspd.simulation.hearts.arrhythmias`, and are given as
`VideoSpec.beats_s`. Changes of light for which there is no option are made by `alter` of
`simulate`, with the gains of `sspd.simulation.lights.gains`.

>>> spec = VideoSpec(seed=7, hr_bpm=66, face_px=60, duration_s=0.2)
>>> simulate_faces(spec, size=16).rgb.shape, round(truth(spec).respiration_hz, 2)
((6, 16, 16, 3), 0.25)
"""

from sspd.simulation.codecs.draw import draw_codec
from sspd.simulation.codecs.network import Delivery, delivery
from sspd.simulation.codecs.options import CodecSpec
from sspd.simulation.codecs.transmission import is_encoded, video_suffix
from sspd.simulation.contact import contact_bvp, contact_rate
from sspd.simulation.faces import face_box, simulate_faces
from sspd.simulation.files import write_truth, write_video
from sspd.simulation.hearts.draw import random_heart
from sspd.simulation.hearts.options import HEART_KINDS, HeartSpec
from sspd.simulation.presets import PRESET_NAMES, PRESETS, random_spec
from sspd.simulation.render import cheek_mask, simulate, skin_mask
from sspd.simulation.spec import VideoSpec, frame_times
from sspd.simulation.truth import Truth, truth

__all__ = [
    "HEART_KINDS",
    "PRESETS",
    "PRESET_NAMES",
    "CodecSpec",
    "Delivery",
    "HeartSpec",
    "Truth",
    "VideoSpec",
    "cheek_mask",
    "contact_bvp",
    "contact_rate",
    "delivery",
    "draw_codec",
    "face_box",
    "frame_times",
    "is_encoded",
    "random_heart",
    "random_spec",
    "simulate",
    "simulate_faces",
    "skin_mask",
    "truth",
    "video_suffix",
    "write_truth",
    "write_video",
]
