"""What the pages share: texts, formats, selectors, style."""
