"""``hailong reference``: loads, history, and tablets paired and configured."""
