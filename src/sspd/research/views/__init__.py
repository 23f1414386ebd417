"""What a network eats: face pictures on its clock, and their differences and views."""
