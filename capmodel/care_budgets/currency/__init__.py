"""A Year of Care payment as a currency: a roster, a price a person, criteria, and how sure the payment is."""

#: The sheet of the book on which the payments are worked out.
SHEET = "Calc 3 Payments"
