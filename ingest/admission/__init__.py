"""Whether an event is admitted: its bytes, its sender, its time, its unit and its device."""
