"""A stand-in for Stripe Billing that Stripe's own SDK drives: what Ondol uses of it, and nothing else.

A request is read by the SDK's own parameter types. What Stripe would refuse is refused, and so is what Stripe would
accept and this stand-in does not play: nothing is silently ignored.
"""
