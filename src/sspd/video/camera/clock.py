"""Capture times of a camera's frames, on the clock of this machine."""

from __future__ import annotations

#: A device whose times lie this little before their arrival counts them on our own clock,
#: seconds (V4L2 does: its times are those of CLOCK_MONOTONIC).
SAME_CLOCK_S = 1.0
#: A device's clock that falls, or leaps this far ahead of the time between two arrivals, was set
#: anew, seconds. (Smaller steps than between arrivals only mean that frames waited.)
RESET_S = 1.0
#: A device's clock that slips this much against ours is not the camera's, seconds: it would
#: make a window of 8 s wrong by 3 %.
MOST_SLIP_S = 0.25
#: The least lateness is that of this time, seconds, and of a burst to its end: frames that
#: waited for us arrive at once, and the last ones are in time.
BLOCK_S = 1.0


class CaptureClock:
    """Maps a device's times to ours, as long as both run equally fast.

    A frame cannot arrive before it was captured. So the offset between both clocks is that of
    the frames that arrived fastest. Where a device counts faster or slower than time passes (a
    pipe with a made-up rate does), its times are not used any more: see `known`.

    >>> clock = CaptureClock()
    >>> [round(clock.capture_s(t, 100.0 + t + late), 2) for t, late in ((0, 0.1), (1, 0.1))]
    [100.1, 101.1]
    """

    def __init__(self) -> None:
        self.known = True
        """False if the device's times are not those of the camera."""
        self._offset_s: float | None = None
        self._last: tuple[float, float] = (0.0, 0.0)
        self._is_ours = False
        self._begin()

    def _begin(self) -> None:
        self._slip_s = 0.0
        self._least_s: float | None = None
        self._block_end_s = 0.0
        self._block_s = float("inf")

    def capture_s(self, device_s: float | None, arrival_s: float) -> float:
        """Return when a frame was captured.

        Parameters
        ----------
        device_s : float or None
            By the device, seconds; None: it does not say.
        arrival_s : float
            When it was read, by our clock, seconds.

        Returns
        -------
        float
            By our clock, seconds, at most ``arrival_s``.
        """
        if device_s is None or not self.known:
            return arrival_s
        before_s, arrived_s = self._last
        self._last = device_s, arrival_s
        step_s = device_s - before_s
        is_reset = step_s < 0 or step_s - (arrival_s - arrived_s) > RESET_S
        if self._offset_s is None or is_reset:
            late_s = arrival_s - device_s
            self._is_ours = 0 <= late_s <= SAME_CLOCK_S
            self._offset_s = 0.0 if self._is_ours else late_s
            self._begin()
        time_s = device_s + self._offset_s
        if time_s > arrival_s:  # the first frame was late
            self._slip_s += time_s - arrival_s
            self._offset_s -= time_s - arrival_s
            time_s = arrival_s
        is_burst = arrival_s - arrived_s < step_s / 2
        self._watch(arrival_s - time_s, arrival_s, is_burst)
        return time_s if self.known else arrival_s

    def _watch(self, late_s: float, arrival_s: float, is_burst: bool) -> None:
        """Compare both clocks: the first block of time shows how late frames are by nature.

        Our own clock cannot slip: frames that come later and later only wait for us.
        """
        if self._is_ours:
            return
        self._block_s = min(self._block_s, late_s)
        if self._least_s is None and self._block_end_s == 0.0:
            self._block_end_s = arrival_s + BLOCK_S
        if arrival_s >= self._block_end_s and not is_burst:
            first, self._block_end_s = self._least_s is None, arrival_s + BLOCK_S
            if first:
                self._least_s, self._slip_s = self._block_s, 0.0
            elif self._least_s is not None and self._block_s > self._least_s + MOST_SLIP_S:
                self.known = False
            self._block_s = float("inf")
        if self._least_s is not None and self._slip_s > MOST_SLIP_S:
            self.known = False
