"""A stand-in for Google Cloud Tasks: its REST v2 API in Google's own messages, and the dispatching."""
