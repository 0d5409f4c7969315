"""The mail server of the local stack: it takes every mail, delivers none, and shows them in a browser."""
