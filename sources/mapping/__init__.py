"""What a mapping file may hold, as data; and what is wrong with one, in sentences."""
