"""Where videos and faces for training and scoring come from."""
