"""Texts for citizens and staff in each language: the tablet's, the phones', and those of the pairing of tablets."""
