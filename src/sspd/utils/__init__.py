"""What every room needs of files and processes, whatever is in them."""
