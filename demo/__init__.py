"""The tour that `make demo` runs: real processes, real HTTPS, real keys, in one folder that is left to look at."""
