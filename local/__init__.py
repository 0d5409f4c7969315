"""The embedded stack: emulators, stand-ins for what has none, and the one command that starts them all."""
