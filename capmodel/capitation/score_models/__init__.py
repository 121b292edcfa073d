"""Additive score models, one YAML file each: the file name is the model's name.

A model names conditions, hierarchies (a condition that trumps others), combinations (conditions held together) and sets of
weights, beside bands of age and sex. It is read by `read` and worked out for many people at once by `tables`. A new model is a
new file; no code. Scores of licensed groupers are not made here: give them as a column to `need.scores`.
"""
