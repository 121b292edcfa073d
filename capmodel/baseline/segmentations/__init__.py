"""Segmentation schemes, one YAML file each: ordered segments, the first that fits takes the person, the last takes the rest."""
