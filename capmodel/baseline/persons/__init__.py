"""Person-level extracts: read, checked, put into segments, added up and written as aggregates. No person leaves the data engine."""
