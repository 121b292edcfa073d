"""Reading packs: assumptions, sources and tables of figures, each with its provenance. The packs are in `/assumptions`."""
