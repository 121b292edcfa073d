"""Recovery, rehabilitation and reablement split from hospital spells at the clinical split point, with the total conserved."""

#: The sheet of the book on which the split is worked out.
SHEET = "Calc 3 Rehabilitation"
