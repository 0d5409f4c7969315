"""The API's description, made from what the endpoints declare: `make schema` writes it."""
