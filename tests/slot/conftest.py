"""Tests of the slot run against a bucket, a control plane that they steer, and warm slots."""

from tests.support.slot.fixtures import member, plane, slot, standing, start, store

__all__ = ["member", "plane", "slot", "standing", "start", "store"]
