"""Settings of every service, read in one way.

A service declares what it can be told as a subclass of `ServiceSettings` and
reads it with `read_settings`: from the environment, or a `.env` file.
"""

from qcexec_configuration.errors import ConfigurationError, InvalidConfiguration
from qcexec_configuration.settings import PREFIX, ServiceSettings, read_settings

__all__ = [
    "PREFIX",
    "ConfigurationError",
    "InvalidConfiguration",
    "ServiceSettings",
    "read_settings",
]
