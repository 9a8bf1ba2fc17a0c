"""Where rows are kept: migrations, inserts, recomputation and every SELECT."""
