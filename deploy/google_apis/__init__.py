"""Google's REST APIs as Google describes them: methods and schemas from discovery documents, and a client that checks
every request against them before it is sent."""
