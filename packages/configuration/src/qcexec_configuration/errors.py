"""What can be wrong with a configuration.

ConfigurationError
└── InvalidConfiguration    a variable is missing or has a value that can't be
"""

from typing import ClassVar


class ConfigurationError(Exception):
    """The base of the package's errors."""

    code: ClassVar[str] = "configuration_error"


class InvalidConfiguration(ConfigurationError):
    """A variable is missing or has a value that can't be. The message is one line."""

    code: ClassVar[str] = "invalid_configuration"
