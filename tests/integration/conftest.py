"""Fixtures that several files here use."""

from tests.helpdesk.served import served

__all__ = ["served"]
