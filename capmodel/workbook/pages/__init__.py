"""The sheets of the workbook, a file a sheet or a family of sheets."""
