"""The document solution: text, identity documents, forensics."""
