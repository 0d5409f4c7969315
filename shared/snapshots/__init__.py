"""What of a workspace is saved, for how long, and how it comes back."""
