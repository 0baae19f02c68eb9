"""One file per sort of rule, each compiling it to a question; `shared/segments/one_patient.py` asks them."""
