"""The inner side's store: ``register`` (residents and their history) and ``issuing`` (keys, copies, status, audit).

``runtime.migrations.migrate(engine, "issuer.store.municipality")`` brings a store to the newest schema.
"""
