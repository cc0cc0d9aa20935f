"""How `document/retouching` was fitted: forged photographs of generated documents, and logistic regressions."""
