"""The domain: one package per noun a nurse or a service-centre manager would use."""
