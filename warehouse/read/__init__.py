"""Every SELECT behind a figure or a list."""
