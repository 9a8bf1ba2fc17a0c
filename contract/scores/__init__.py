"""What is made of figures: points by a rule set, public bands, the sheet of one official."""
