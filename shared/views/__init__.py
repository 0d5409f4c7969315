"""What is shown of all this to members and operators."""
