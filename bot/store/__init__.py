"""What is kept, for how long, and under which key. Plain SQLAlchemy 2; SQLite and PostgreSQL alike."""
