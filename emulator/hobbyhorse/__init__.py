"""A faithful local fake of DashScope's asynchronous video API."""

__version__ = "0.1.0"

__all__ = ["__version__"]
