"""Sign-offs: who must act on a run, what they may do, and how they are asked and reminded."""
