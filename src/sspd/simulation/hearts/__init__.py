"""Hearts: beat times, waveforms, breathing and the recoil of the head."""
