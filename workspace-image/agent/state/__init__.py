"""Saving and restoring the workspace: which layers a save writes, their upload, the manifest, the restore."""
