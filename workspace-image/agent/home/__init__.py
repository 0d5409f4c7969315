"""The keeper: the one program that touches the member's files for the agent, with the member's rights and no more."""
