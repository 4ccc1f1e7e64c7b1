"""The build: flit's, with the C library compiled before, and a wheel of this platform after.

The library is compiled into the package itself, so an editable installation has it, too. The wheel
holds no CPython extension: one serves every version of Python on its platform. The hooks' arguments
are those of PEP 517.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from tempfile import NamedTemporaryFile

from flit_core import buildapi
from flit_core.wheel import WheelBuilder
from kernel_compiler import compile_variants, platform_tag

get_requires_for_build_wheel = buildapi.get_requires_for_build_wheel
get_requires_for_build_editable = buildapi.get_requires_for_build_editable
get_requires_for_build_sdist = buildapi.get_requires_for_build_sdist
build_sdist = buildapi.build_sdist

_ROOT = Path(__file__).resolve().parent.parent


def build_wheel(
    wheel_directory: str,
    config_settings: Mapping[str, object] | None = None,  # noqa: ARG001
    metadata_directory: str | None = None,  # noqa: ARG001
) -> str:
    """Compiles the library, and packs it with the package. Gives the wheel's file name."""
    return _build(wheel_directory, editable=False)


def build_editable(
    wheel_directory: str,
    config_settings: Mapping[str, object] | None = None,  # noqa: ARG001
    metadata_directory: str | None = None,  # noqa: ARG001
) -> str:
    """Compiles the library into the sources, where the wheel points to."""
    return _build(wheel_directory, editable=True)


def _build(wheel_directory: str, *, editable: bool) -> str:
    compile_variants(_ROOT)
    folder = Path(wheel_directory)
    with NamedTemporaryFile(suffix=".whl", dir=folder, delete=False) as file:
        builder = _PlatformWheel.from_ini_path(_ROOT / "pyproject.toml", file)
        builder.build(editable)
    partial = Path(file.name)
    partial.chmod(0o644)
    partial.replace(folder / builder.wheel_filename)
    return str(builder.wheel_filename)


class _PlatformWheel(WheelBuilder):  # type: ignore[misc]  # flit_core has no types
    @property
    def wheel_filename(self) -> str:
        return str(super().wheel_filename).replace("-none-any", f"-none-{platform_tag()}")

    @contextmanager
    def _write_to_zip(self, rel_path: str, mode: int = 0o644) -> Iterator[StringIO]:
        with super()._write_to_zip(rel_path, mode) as text:
            yield text
            if rel_path.endswith(".dist-info/WHEEL"):
                tagged = text.getvalue().replace("-none-any", f"-none-{platform_tag()}")
                text.seek(0)
                text.truncate()
                text.write(tagged)
