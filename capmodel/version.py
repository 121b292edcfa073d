"""The version of capmodel, which records, books and packed copies carry."""

__version__ = "0.1.0"
