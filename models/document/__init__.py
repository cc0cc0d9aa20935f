"""Predictors that look at documents."""
