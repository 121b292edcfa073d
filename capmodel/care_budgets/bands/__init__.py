"""Long-term-condition bands: the Year of Care currency by number of conditions, over the years of the model."""

#: The sheet of the book on which the bands are worked out.
SHEET = "Calc 3 Bands"
