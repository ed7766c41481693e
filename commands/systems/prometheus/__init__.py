"""Prometheus and what answers like it: one instant query, and values in its PromQL."""
