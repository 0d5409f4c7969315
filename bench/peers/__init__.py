"""What Ondol is measured beside."""
