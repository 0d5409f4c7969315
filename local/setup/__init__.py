"""The set-up: what a checkout needs before it runs, each step done once and again only when its inputs change."""
