"""Personal data found in free text and replaced by marks."""
