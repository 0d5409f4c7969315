"""Slots, their pool, and which of them a member gets."""
