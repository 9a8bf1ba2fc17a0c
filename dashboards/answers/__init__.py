"""The types of the read API's answers, by subject: what its routes return and what pages and reports read."""
