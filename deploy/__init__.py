"""What is uploaded for each function, its pinned packages, and the operator's commands."""
