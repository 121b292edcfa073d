"""Made-up people who add up to a place, so that everything can be tried without restricted data. Nobody in an extract exists."""
