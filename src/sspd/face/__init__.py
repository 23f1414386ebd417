"""From a video's pictures to face pictures: detect, crop, follow."""
