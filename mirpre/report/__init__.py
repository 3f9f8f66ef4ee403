"""Letting people look: the report page, and drawings of hairpins."""
