"""Slots: their records, the warm pool, and which slot a member gets."""
