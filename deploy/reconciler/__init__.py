"""Brings a project to what the table of resources says: plan, apply and destroy, in Terraform's meaning of the words.

Nothing is remembered between two runs but what the cloud itself answers.
"""
