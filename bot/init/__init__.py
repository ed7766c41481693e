"""`gonogo init`: a page and a `.env.example` for a team's own stack, made from a recipe."""
