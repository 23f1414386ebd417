"""Face crops from the frames of a video: detection, cropping, tracking, stabilization."""
