"""Payment providers, each a module that implements `shared.billing.provider.PaymentProvider`."""
