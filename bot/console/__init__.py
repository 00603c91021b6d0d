"""The advisers' site: its own port, its own sign-in, Danish."""
