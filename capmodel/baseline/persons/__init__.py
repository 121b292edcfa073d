"""Person-level extracts: read, checked, put into segments, added up and written as aggregates. No person leaves the data engine."""

#: The least share of a year's activity lines, and of their cost, that finds a person, where persons.yaml sets no other.
LINKED_AT_LEAST = 0.5
