"""Where a citizen answers: the tablet page, the pages for phones, and the pairing of tablets."""
