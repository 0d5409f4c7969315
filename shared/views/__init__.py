"""Views: what members and operators are shown."""
