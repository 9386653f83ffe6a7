"""Session, outbox rows, migrations. Knows no noun of the product beside them."""
