"""The slot's agent: the program that brings a workspace into this container, guards it, saves it, and takes it back."""
