"""A contract as a list of agreements: which lines of service each covers, how it pays for them, and what providers receive and payers pay."""

#: The sheet of the book on which agreements are worked out.
SHEET = "Calc 4 Agreements"
POINT, AGREEMENT, SIDE, BAND, PAST_YEAR = "point_of_delivery", "agreement", "plan_side", "break_band", "past_year"
#: A line of service: what is done where, by whom, for whom.
SERVICE_LINE = ("setting", POINT, "provider", "payer")
LINE_YEAR = (*SERVICE_LINE, "year")
#: What stands in the place of an agreement for a line that nobody covers.
UNCOVERED = "no_agreement"
#: Activity above and below plan, with the sign of what is paid for it.
SIDES = {"above_plan": 1, "below_plan": -1}
