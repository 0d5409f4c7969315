"""Brings a project into the home before the member enters: a repository, an archive, or a sample.

`python -m agent.projects` runs as the member, with the member's rights only: whatever a repository or an archive holds,
it reaches no more than the member's own programs do.
"""
