"""The table of resources: everything that Ondol needs in a project, each with its desired body.

The bodies are pure functions of the deployment, of functions/functions.toml and of functions/queues.toml. A new
function, queue, secret or index is added there and nowhere else.
"""
