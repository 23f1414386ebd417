"""Where films and faces for training and scoring come from."""
