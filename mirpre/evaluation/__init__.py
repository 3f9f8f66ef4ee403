"""Dividing labelled records, and measuring what is said of them."""
