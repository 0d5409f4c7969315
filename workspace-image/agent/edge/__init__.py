"""The part of the container that is reached from outside: nginx, the HTTP endpoints behind it, their pages, and the
connection to the editor's extension."""
