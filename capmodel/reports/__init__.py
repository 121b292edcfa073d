"""What people read outside the workbook: the summary, the record of a run, and the pages of methods."""
