"""A measurement that is watched: phases, hints, gauges, recording, a display in the terminal."""
