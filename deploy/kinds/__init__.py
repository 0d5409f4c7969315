"""How each type of Google's resources is read and written: one implementation of `Kind` for each way that APIs have."""
