"""The colours of the charts."""

SATISFIED_COLOUR, DISSATISFIED_COLOUR = "#1d6fb8", "#c4320a"
INK = "#344054"
