"""Images of a release that does not exist: those at hand, with a newer schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e.settings import direct_environment
from support.programs import run

_SECONDS = 600.0
_MIGRATIONS = "/opt/qcexec/qcexec_queue/sql/migrations"
_MIGRATION = "0003_note.sql"
_SQL = """-- min_compatible: 1
alter table qcexec.task add column note text;
"""


@contextmanager
def next_release(folder: Path, tag: str, load_image: tuple[str, ...]) -> Iterator[str]:
    """Build the next release from the images with `tag`, hand it to the nodes, and give its tag.

    Its schema is version 3, and serves version 2 as well.
    """
    next_tag = f"{tag}-next"
    migration = folder / _MIGRATION
    migration.write_text(_SQL, encoding="utf-8")
    # The folder's user alone may read it, and the image's is another.
    migration.chmod(0o644)
    images = [f"qcexec-{service}:{next_tag}" for service in ("api", "worker", "operator")]
    # Any docker can do this much: neither BuildKit nor its plugin is needed.
    environment = {**direct_environment(), "DOCKER_BUILDKIT": "0"}
    try:
        for image in images:
            base = image.removesuffix("-next")
            (folder / "Dockerfile").write_text(
                f"FROM {base}\nCOPY {_MIGRATION} {_MIGRATIONS}/\nLABEL qcexec.io/release=next\n",
                encoding="utf-8",
            )
            run(
                *("docker", "build", "--tag", image, str(folder)),
                environment=environment,
                deadline=_SECONDS,
            )
        run(*load_image, *images, deadline=_SECONDS)
        yield next_tag
    finally:
        run("docker", "image", "rm", "--force", *images)
