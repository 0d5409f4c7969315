"""The control plane's shared code: pure modules decide, `shared.gcp` reads and commits, `shared.endpoint` answers."""
