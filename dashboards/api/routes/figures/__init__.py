"""Routes that answer with figures of indicators."""
