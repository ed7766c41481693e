"""A target in a box: started for a drill whose page has no places for one, and ended with it."""
