"""The colours of all figures: ID is blue and negative labels green (NegLabel, Figs. 4 and 5), OOD is orange."""

ID = "#3b82f6"
NEGATIVE = "#22a06b"
OOD = "#f97316"
NEUTRAL = "#8a8f98"
FONT = "IBM Plex Sans, ui-sans-serif, system-ui, sans-serif"
