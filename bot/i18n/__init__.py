"""Words: the Danish sources, their translations (gettext), and responses rendered in both."""
