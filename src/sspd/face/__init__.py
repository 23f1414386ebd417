"""From a film's pictures to face pictures: detect, crop, follow."""
