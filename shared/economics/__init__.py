"""Economics: what Ondol costs and earns, computed from a workload, prices and what the code does."""
