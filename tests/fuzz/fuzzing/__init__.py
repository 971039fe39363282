"""Fuzzing: what is fed (``mutate``, ``seeds``), into what (``targets``), and what may come of it (``target``).

``pytest tests/fuzz`` runs a short slice that is the same every time; ``python tests/fuzz --minutes 60`` goes on.
"""
