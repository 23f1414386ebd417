"""GREEN: the inverted green channel of the skin."""

from __future__ import annotations

from sspd.methods.method import ANY_LIGHT
from sspd.methods.skin_color import color_method
from sspd.signal.color.green import green_waveform

CITATION = (
    "W. Verkruysse, L. O. Svaasand, J. S. Nelson, Remote plethysmographic imaging using "
    "ambient light, Optics Express 16(26), 2008"
)
#: A shorter segment gives no waveform, seconds.
GREEN_SHORTEST_S = 1.0

ENTRY = color_method(
    "green", CITATION, green_waveform, GREEN_SHORTEST_S, needs=ANY_LIGHT, allow_dark=True
)
