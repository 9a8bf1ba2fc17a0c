"""``hailong demo``: the whole system on this machine with a simulated day."""
