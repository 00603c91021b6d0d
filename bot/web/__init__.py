"""What faces the internet: the citizen's page and API, and the internal endpoint for Rasa's action calls."""
