"""Firestore: reads of records, and one function for each guarded commit."""
