"""What the oracle says instead of an answer."""


class NotInterpreted(Exception):
    """The oracle does not know this part of the language, or the text breaks its rules."""
