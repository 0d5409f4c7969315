"""Attacks on one slot run against the same bucket, control plane and warm slots as the tests of the slot."""

from tests.support.slot.fixtures import member, plane, slot, standing, start, store

__all__ = ["member", "plane", "slot", "standing", "start", "store"]
