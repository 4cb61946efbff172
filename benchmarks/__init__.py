"""The figures that wsgicors promises, measured: ``python -m benchmarks``.

Ratios, taken in one process and one run, against the peers from PyPI. What is promised stands in
`benchmarks.promises`; no test ever looks at a clock.
"""
