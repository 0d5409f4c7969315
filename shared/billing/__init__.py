"""Who pays, what a plan grants, and what was used."""
