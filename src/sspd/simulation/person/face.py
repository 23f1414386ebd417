"""Drawing of a person, once per video; the renderer moves, lights and modulates the layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.canvas import SIDE, UP, Canvas, Look, draw_look, make_canvas
from sspd.simulation.person import features
from sspd.simulation.person.anatomy import F32, depth, jaw_drop, lit, outline, step
from sspd.simulation.person.body import draw_body, draw_hair
from sspd.simulation.person.face_maps import vary_over_face
from sspd.simulation.person.pulse_color import color_pulse, delay_pulse
from sspd.simulation.person.recorded_pulse import tone_gain
from sspd.simulation.person.skin import cheeks, pulse_map
from sspd.simulation.spec import VideoSpec, rest_place

#: Number of drawn stages of the mouth, closed to open; frames in between are blended.
MOUTH_STAGES = 5
#: Step of the light's direction for the derivative of the light by the head's turn, radians.
_TURN = 0.12
#: Depth of the axis about which the head turns, face widths.
_AXIS = 0.28
# Parts that change their shape, face coordinates (u, v).
_HEAD_PART = ((-0.72, 0.72), (-1.15, 1.2))
_MOUTH_PART = ((-0.55, 0.55), (0.18, 0.95))
_EYES_PART = ((-0.40, 0.40), (-0.24, -0.02))


@dataclass(frozen=True, eq=False)
class Person:
    """Layers of one person on the patch, float32, pixel values 0-255 under light 1.

    Parameters
    ----------
    rgba : (h, w, 4)
        Colour times coverage, and coverage (0-1).
    pulse, late : (rows, columns, 4), at ``head_at``
        Change of ``rgba`` for a blood volume of 1, and for a derivative of it of 1/s.
    turn, nod : (rows, columns, 4), at ``head_at``
        Change for a turn or nod of one radian under a fixed light.
    mouths : (stages, rows, columns, 4), at ``mouth_at``
        Change of the lower face, closed (0) to open; one stage if it stays closed.
    shut : (rows, columns, 4), at ``eyes_at``
        Change of the eye region when the lids close.
    depth : (h, w)
        Height above the neck's axis toward the camera, pixels.
    skin, cheeks : bool (h, w)
        Regions of pulsing skin, and of the definition of ``pulse_percent``.
    centre : (x, y)
        Centre of the face on the patch, pixels.
    """

    rgba: F32
    pulse: F32
    late: F32
    turn: F32
    nod: F32
    head_at: tuple[slice, slice]
    mouths: F32
    mouth_at: tuple[slice, slice]
    shut: F32
    eyes_at: tuple[slice, slice]
    depth: F32
    skin: NDArray[np.bool_]
    cheeks: NDArray[np.bool_]
    centre: tuple[float, float]


@dataclass(frozen=True, eq=False)
class _Drawing:
    """One drawn stage: pixels with coverage, and the surfaces that the light falls on."""

    rgba: F32
    albedo: F32
    bare: F32
    skin: F32
    face: F32
    open: F32
    depth: F32


def _albedo(c: Canvas, look: Look, mouth: float, lids: float) -> tuple[F32, F32]:
    """Return the face without light: colour (h, w, 3) and fraction of pulsing skin (h, w)."""
    v = c.v - jaw_drop(c.v, mouth)
    red = (0.02 * c.blotch + features.redness(c.u, v))[..., None]
    tint = 1 + red * np.array([0.4, -1.0, -0.8], np.float32)
    albedo = (look.skin * (1 + c.texture[..., None]) * tint).astype(np.float32)
    skin = np.ones_like(v)
    pen = features.Pen(c.u, v, c.pixel, albedo, skin)
    features.draw_shadows(pen, look.who)
    features.draw_beard(pen, look.who, look.hair, c.strands)
    # lips open in image coordinates, so they are drawn without the shift of the jaw
    lips = features.Pen(c.u, c.v, c.pixel, albedo, skin)
    features.draw_mouth(lips, look.who, look.lip, mouth)
    features.draw_eyes(pen, look.who, look.iris, look.skin, lids)
    features.draw_brows(pen, look.who, look.hair, c.strands)
    if look.who.glasses:
        features.draw_glasses(pen)
    return albedo, skin


def _relief(c: Canvas, look: Look, mouth: float) -> tuple[F32, F32, F32]:
    """Return depth, coverage of the face, and the darkening toward its rim."""
    v = c.v - jaw_drop(c.v, mouth)
    edge = outline(c.u, v, look.who)
    face = step(1 - edge, max(0.03, 6 * c.pixel))
    rim = 1 - np.float32(0.28) * step(edge - 0.80, 0.25)
    return depth(c.u, v, look.who), face, np.asarray(rim, np.float32)


def _face_light(
    c: Canvas, look: Look, z: F32, albedo: F32, skin: F32, light: NDArray[np.float64]
) -> F32:
    diffuse, shine = lit(z, c.pixel, light)
    gloss = np.float32(look.shine) * shine * (0.3 + 0.7 * skin)
    return np.asarray(albedo * diffuse[..., None] + gloss[..., None], np.float32)


def _draw(c: Canvas, look: Look, mouth: float = 0.0, lids: float = 0.0) -> _Drawing:
    albedo, skin = _albedo(c, look, mouth, lids)
    z, face, rim = _relief(c, look, mouth)
    albedo = albedo * rim[..., None]
    front = _face_light(c, look, z, albedo, skin, look.light)
    body, body_cover, body_bare = draw_body(c, look)
    hair, back, fringe = draw_hair(c, look)
    # from back to front: hair, body, face, fringe; the body's colours are times coverage
    rgb = hair * (back * (1 - body_cover))[..., None] + body
    rgb = rgb * (1 - face[..., None]) + front * face[..., None]
    rgb = rgb * (1 - fringe[..., None]) + hair * fringe[..., None]
    behind = 1 - (1 - back) * (1 - body_cover)
    alpha = 1 - (1 - behind) * (1 - face) * (1 - fringe)
    diffuse = (albedo * lit(z, c.pixel, look.light)[0][..., None]) * (skin * face)[..., None]
    bare = (diffuse + body * (body_bare * (1 - face))[..., None]) * (1 - fringe[..., None])
    rgba = np.concatenate([rgb * look.lamp, alpha[..., None]], axis=-1).astype(np.float32)
    pulsing = (skin * face + body_bare * (1 - face)) * (1 - fringe)
    return _Drawing(rgba, albedo, bare * look.lamp, pulsing, face, 1 - fringe, z)


def _turning(c: Canvas, look: Look, d: _Drawing, axis: int) -> F32:
    """Return the change of the face for one radian of turn (axis 0) or nod (axis 1)."""
    lamps = [look.light.copy(), look.light.copy()]
    # for small angles, turning the head equals turning the light the other way
    lamps[0][axis] -= _TURN
    lamps[1][axis] += _TURN
    ones = np.ones_like(d.skin)
    pixels = [_face_light(c, look, d.depth, d.albedo, ones, lamp) for lamp in lamps]
    change = (pixels[0] - pixels[1]) / np.float32(2 * _TURN) * look.lamp
    return _rgba(change * (d.face * d.open)[..., None])


def _rgba(rgb: F32) -> F32:
    return np.concatenate([rgb, np.zeros_like(rgb[..., :1])], axis=-1).astype(np.float32)


def _changes(
    c: Canvas, look: Look, at: tuple[slice, slice], poses: list[tuple[float, float]]
) -> F32:
    """Return the difference of the part ``at`` from rest in each pose (mouth, lids)."""
    rows, columns = at
    # drawn with a margin, as gradients need neighbours
    wide = (slice(rows.start - 2, rows.stop + 2), slice(columns.start - 2, columns.stop + 2))
    part = c.part(wide)
    rest = _draw(part, look).rgba
    drawn = [(_draw(part, look, mouth, lids).rgba - rest)[2:-2, 2:-2] for mouth, lids in poses]
    return np.ascontiguousarray(np.stack(drawn))


def _pulse_layers(
    spec: VideoSpec,
    delay_s: NDArray[np.float64],
    change: F32,
    rgba: F32,
    cheek: NDArray[np.bool_],
) -> tuple[F32, F32]:
    """Return the changes for a blood volume of 1, and for a derivative of it of 1/s."""
    color = spec.pulse_color
    if color is None:
        # relative to the recorded colour, including gloss and beard
        unit = float(change[cheek][:, 1].mean()) / float(rgba[cheek][:, 1].mean())
        change = change * np.float32(spec.pulse_percent / 100 / abs(unit))
        return change, -change * delay_s[..., None].astype(np.float32)
    percent = spec.pulse_percent
    if color.weaker_by_tone:
        percent *= tone_gain(spec.skin_tone)
    change = color_pulse(change, rgba, cheek, color, percent)
    return delay_pulse(change, delay_s, color, _mean_hz(spec))


def _mean_hz(spec: VideoSpec) -> float:
    if spec.beats_s is None:
        return spec.hr_bpm / 60
    return (len(spec.beats_s) - 1) / (spec.beats_s[-1] - spec.beats_s[0])


def draw_person(spec: VideoSpec) -> Person:
    """Draw the person of a video, at random by skin tone, size and seed.

    Parameters
    ----------
    spec : VideoSpec

    Returns
    -------
    Person

    >>> person = draw_person(VideoSpec(face_px=60))
    >>> person.rgba.shape
    (323, 174, 4)
    """
    rng = spec.rng("person")
    # down to the lower edge of the video, for all positions of the head
    down = max(1.5, (spec.height - rest_place(spec)[1]) / spec.face_px + 0.3)
    c = make_canvas(spec.face_px, down, rng)
    look = draw_look(spec, rng)
    d = _draw(c, look)
    strength = pulse_map(c.u, c.v, rng)
    skin = d.skin > 0.5
    # v is -0.7 to 0.63 on the face; the delay is 0 at its middle
    delay_s = spec.transit_ms / 1000 * np.clip(c.v / 1.33, -0.5, 0.5)
    if spec.heart is not None:
        factor, later = vary_over_face(spec.heart, spec.rng("face maps"), (c.u, c.v), skin)
        strength, delay_s = strength * factor, delay_s + later
    cheek = cheeks(c.u, c.v) & skin
    change = -d.bare * (strength[..., None] * look.pulse)
    pulse, late = _pulse_layers(spec, delay_s, change, d.rgba, cheek)
    head_at = c.rectangle(*_HEAD_PART)
    talks = spec.motion == "talking"
    mouth_at, eyes_at = c.rectangle(*_MOUTH_PART), c.rectangle(*_EYES_PART)
    opened = np.linspace(0, 1, MOUTH_STAGES) if talks else [0.0]
    return Person(
        rgba=d.rgba,
        pulse=_rgba(pulse[head_at]),
        late=_rgba(late[head_at]),
        turn=_turning(c, look, d, 0)[head_at].copy(),
        nod=_turning(c, look, d, 1)[head_at].copy(),
        head_at=head_at,
        mouths=_changes(c, look, mouth_at, [(float(m), 0.0) for m in opened]),
        mouth_at=mouth_at,
        shut=_changes(c, look, eyes_at, [(0.0, 1.0)])[0],
        eyes_at=eyes_at,
        depth=np.asarray((d.depth - _AXIS) * spec.face_px, np.float32),
        skin=skin,
        cheeks=cheek,
        centre=(SIDE * spec.face_px, UP * spec.face_px),
    )
