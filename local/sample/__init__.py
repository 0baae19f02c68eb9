"""Patients a hospital could have, made up the same way every time."""
