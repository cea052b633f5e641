"""The ORM store of the vote ledger: sequence now, integrate soon, publish checkpoints."""
