"""What is reported of an extract: disclosable figures, prevalence, readiness, and the page that shows them."""
