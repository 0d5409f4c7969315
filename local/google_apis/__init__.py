"""A stand-in for Google's REST APIs that deployment calls, driven by Google's own discovery documents.

It shares no code with `deploy/`: what deployment gets wrong about an API shows here.
"""
