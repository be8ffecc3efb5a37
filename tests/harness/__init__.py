"""The parts around `parley`, each started privately: by `./dev run`, by the tests and by the benchmark.

Everything here needs Python's standard library only. A part has a folder of its own, listens on loopback or on a unix
socket, dies with the process that started it and is ended by its own process id.
"""
