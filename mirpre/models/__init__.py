DEFAULT_MODEL = "genome"
"""The bundled model that serves most lists: docs/evidence/default-model.md."""
