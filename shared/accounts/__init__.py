"""Who signs in, what operators allow, and what they did."""
