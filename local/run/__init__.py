"""A stand-in for Google Cloud Run: services, revisions and operations, and instances in bubblewrap behind a proxy."""
