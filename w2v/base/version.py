"""The version of w2v, in a module without imports."""

__version__ = "0.1.0"
