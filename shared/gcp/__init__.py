"""The only code that talks to Google: it reads records, makes guarded commits, and calls Google's APIs."""
