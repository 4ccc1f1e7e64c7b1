"""The releases of a test run: each knows how to be made, and all are looked at after a test."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from e2e.cluster import Cluster
from e2e.evidence import save_evidence
from e2e.helm import Values
from e2e.release import Release
from e2e.service import Service
from e2e.settings import EndToEndSettings


class Releases:
    """Makes releases, and remembers those that are there."""

    def __init__(self, cluster: Cluster, settings: EndToEndSettings, address: str) -> None:
        self.cluster = cluster
        self.settings = settings
        self._address = address
        self._known: list[Release] = []

    @contextmanager
    def in_new_namespace(
        self, purpose: str, *names: str, values: Values | None = None
    ) -> Iterator[list[Release]]:
        """Installed releases of these names beside one another; everything goes afterwards."""
        with self.cluster.namespace(purpose) as namespace:
            releases = [Release(self.cluster, self.settings, namespace, name) for name in names]
            self._known += releases
            try:
                for release in releases:
                    release.install(values)
                yield releases
                self.assert_nothing_lost()
            except Exception:
                # The namespace goes before anybody is told of the failure.
                save_evidence(self.cluster, namespace, self.settings.artifacts / namespace)
                raise
            finally:
                self._known = [release for release in self._known if release not in releases]

    @contextmanager
    def alone(self, purpose: str, values: Values | None = None) -> Iterator[Release]:
        """One installed release, named `qcexec`, in a namespace of its own."""
        with self.in_new_namespace(purpose, "qcexec", values=values) as (release,):
            yield release

    @contextmanager
    def service(self, release: Release) -> Iterator[Service]:
        """A release as its clients see it, asked by its own host name."""
        with ExitStack() as stack:
            service = Service(self._address, release.host)
            stack.callback(service.close)
            service.wait_ready()
            yield service

    def assert_nothing_lost(self) -> None:
        """Raises AssertionError with the tasks for which the queue's invariant does not hold."""
        lost = {
            f"{release.namespace}/{release.name}": release.database.lost_tasks()
            for release in self._known
            if release.installed
        }
        assert not any(lost.values()), lost

    def save_evidence(self, test: str) -> Path | None:
        """Write all that can be learned of the releases into a folder, and give that."""
        if not self._known:
            return None
        folder = self.settings.artifacts / re.sub(r"[^\w.-]+", "-", test)
        for namespace in dict.fromkeys(release.namespace for release in self._known):
            save_evidence(self.cluster, namespace, folder / namespace)
        return folder
