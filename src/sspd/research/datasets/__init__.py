"""Readers of datasets and of folders of videos, and the store of cropped faces for training."""
