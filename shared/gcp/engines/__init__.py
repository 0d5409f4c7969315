"""The engines of `shared.slots.engine`, each in its own module."""
