"""The agent's connection to the control plane: its tokens, the heartbeat and its answer, the lease."""
