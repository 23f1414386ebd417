"""Codecs and networks between the camera and the file."""
