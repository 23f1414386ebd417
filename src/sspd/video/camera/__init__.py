"""Cameras: devices behind one small protocol, the times of their frames, and their states.

Nothing here starts a thread: `sspd.pipeline.camera` does.
"""
