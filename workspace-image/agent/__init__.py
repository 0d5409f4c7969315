"""The slot's agent: restores a workspace into this container, controls access to it, saves it, and gives it back."""
