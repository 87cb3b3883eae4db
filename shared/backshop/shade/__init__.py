"""From sample kit to survey, shade match, discount and conversion."""
