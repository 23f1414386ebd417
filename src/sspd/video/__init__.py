"""Reading and writing of videos, with the timestamps of their frames."""
