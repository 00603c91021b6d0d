"""Vejviser: an anonymous signpost to rights, debt advice and safety."""
