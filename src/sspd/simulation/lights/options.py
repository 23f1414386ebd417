"""Options of a changing light."""

from __future__ import annotations

from dataclasses import dataclass

from sspd.simulation.ranges import check_choice, check_ranges

#: Contents of a screen, objects whose shadows pass, and objects that a car passes.
SCREENS = ("video", "scroll", "loop")
SHADOWS = ("people", "hand", "leaves")
PASSED = ("lamps", "trees", "tunnels")

_RANGES: dict[str, tuple[float, float]] = {
    "screen_percent": (0.0, 90.0),
    "screen_scene_s": (0.5, 60.0),
    "screen_hz": (0.1, 10.0),
    "screen_color": (0.0, 1.0),
    "screen_wall_ratio": (1.0, 20.0),
    "shadow_percent": (0.0, 95.0),
    "shadow_width": (0.2, 10.0),
    "shadow_speed": (0.2, 100.0),
    "shadow_every_s": (0.5, 600.0),
    "side_percent": (0.0, 95.0),
    "side_color_percent": (0.0, 50.0),
    "side_near": (0.0, 0.5),
    "passing_percent": (0.0, 95.0),
    "passing_hz": (0.1, 10.0),
    "passing_irregular": (0.0, 1.0),
    "passing_speed": (1.0, 200.0),
    "hue_percent": (0.0, 60.0),
    "hue_hz": (0.005, 1.0),
    "pwm_percent": (0.0, 30.0),
    "pwm_hz": (50.0, 20_000.0),
    "hunting_percent": (0.0, 30.0),
    "hunting_hz": (0.2, 5.0),
    "hunting_wander": (0.0, 0.3),
    "cloud_percent": (0.0, 60.0),
    "wall_share": (0.0, 2.0),
    "wall_delay_s": (0.0, 5.0),
}


@dataclass(frozen=True)
class LightSpec:
    """Options of a changing light; a percentage of 0 leaves that light out.

    Sizes and speeds are in face widths (about 0.15 m) and face widths per second.

    Parameters
    ----------
    screen_percent : float
        Share of the light on the face that comes from a screen at its mean level.
    screen_content : str
        One of `SCREENS`: cuts between scenes, a page that is scrolled, or a periodic animation.
    screen_scene_s : float
        Mean length of a scene, or time between two scrolls, seconds.
    screen_hz : float
        Rate of the animation, Hz.
    screen_color : float
        0 for a grey screen, 1 for the colours of films.
    screen_wall_ratio : float
        Distance of the wall from the screen over that of the face: the light falls by its square.
    shadow_percent : float
        Depth of a shadow that passes, percent of the light.
    shadow_cast_by : str
        One of `SHADOWS`.
    shadow_width, shadow_speed : float
        Width of the shadow (of a hand, a person, or the gaps between leaves) and its speed.
    shadow_every_s : float
        Mean time between two shadows, seconds; leaves never pause.
    side_percent : float
        Darkness of the dark cheek, percent of the light on the bright one.
    side_color_percent : float
        Warmth of the lamp's side against the window's: red and blue change by this, in opposite
        directions, from one cheek to the other.
    side_near : float
        Inverse of the distance of the lamp at the side; moving by a face width toward it changes
        its light by twice this fraction.
    passing_percent : float
        Change of the light by what a car passes, percent: of lamps from trough to peak, of trees
        and tunnels the depth of the shadow.
    passing_objects : str
        One of `PASSED`.
    passing_hz : float
        Mean rate, Hz.
    passing_irregular : float
        Standard deviation of the gaps, as a fraction of them; heights vary by half as much.
    passing_speed : float
        Speed at which the edge of the light moves over face and interior.
    hue_percent, hue_hz : float
        Amplitude of each channel under a lamp that changes its hue, percent, and the rate of the
        hue's circle, Hz.
    pwm_percent, pwm_hz : float
        Peak-to-peak ripple of a dimmed LED that the exposure time leaves, percent, and its
        frequency, Hz. The alias arises as the frames sample it.
    hunting_percent, hunting_hz, hunting_wander : float
        Peak-to-peak limit cycle of a lamp with an unstable driver, percent, its frequency, Hz,
        and the standard deviation of that as a fraction.
    cloud_percent : float
        Standard deviation of daylight under clouds, percent, power as f^-5/3.
    wall_share : float
        Changes on the wall over those that its distance gives; 0 leaves the wall alone.
    wall_delay_s : float
        Delay of the wall's light, seconds.

    Raises
    ------
    UsageError
        An option is out of its range; the message names it.

    >>> LightSpec(screen_percent=20.0).is_off, LightSpec().is_off
    (False, True)
    """

    screen_percent: float = 0.0
    screen_content: str = "video"
    screen_scene_s: float = 4.0
    screen_hz: float = 1.2
    screen_color: float = 1.0
    screen_wall_ratio: float = 3.0
    shadow_percent: float = 0.0
    shadow_cast_by: str = "people"
    shadow_width: float = 2.0
    shadow_speed: float = 4.0
    shadow_every_s: float = 6.0
    side_percent: float = 0.0
    side_color_percent: float = 0.0
    side_near: float = 0.15
    passing_percent: float = 0.0
    passing_objects: str = "lamps"
    passing_hz: float = 0.5
    passing_irregular: float = 0.1
    passing_speed: float = 10.0
    hue_percent: float = 0.0
    hue_hz: float = 0.05
    pwm_percent: float = 0.0
    pwm_hz: float = 120.0
    hunting_percent: float = 0.0
    hunting_hz: float = 1.0
    hunting_wander: float = 0.05
    cloud_percent: float = 0.0
    wall_share: float = 1.0
    wall_delay_s: float = 0.0

    def __post_init__(self) -> None:
        check_ranges(self, _RANGES)
        check_choice("light.screen_content", self.screen_content, SCREENS)
        check_choice("light.shadow_cast_by", self.shadow_cast_by, SHADOWS)
        check_choice("light.passing_objects", self.passing_objects, PASSED)

    @property
    def is_off(self) -> bool:
        """True if no light changes."""
        return not any(getattr(self, name) for name in vars(self) if name.endswith("_percent"))
