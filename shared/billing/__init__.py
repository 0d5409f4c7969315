"""Billing: plans, periods, used time, and billing accounts."""
