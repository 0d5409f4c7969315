"""Accounts: sign-ins, address marks, operators' limits and the audit log."""
