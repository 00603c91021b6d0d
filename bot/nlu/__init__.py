"""Rasa adapters. The only package that imports rasa; everything it judges with lives in ``bot.advice``."""
