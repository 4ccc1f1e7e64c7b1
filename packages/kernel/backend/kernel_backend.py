"""The build: flit's, with the C library compiled before, and a wheel of one platform after.

The library is compiled into the package itself, so an editable installation has it, too. The wheel
holds no CPython extension: one serves every version of Python on its platform. A platform for which
there are no variants gets a wheel without a library: the package is there, and says that it has no
kernel. The hooks' arguments are those of PEP 517; the setting `machine` names another machine to
build for. The same sources give the same wheel, byte by byte.
"""

from __future__ import annotations

import platform
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from flit_core import buildapi
from flit_core.wheel import WheelBuilder
from kernel_compiler import BINARIES, compile_variants, has_variants, platform_tag

get_requires_for_build_wheel = buildapi.get_requires_for_build_wheel
get_requires_for_build_editable = buildapi.get_requires_for_build_editable
get_requires_for_build_sdist = buildapi.get_requires_for_build_sdist
build_sdist = buildapi.build_sdist

_ROOT: Final = Path(__file__).resolve().parent.parent
_TIME: Final = (2016, 1, 1, 0, 0, 0)
"""Of the files in the wheel, where SOURCE_DATE_EPOCH does not say another one."""


def build_wheel(
    wheel_directory: str,
    config_settings: Mapping[str, object] | None = None,
    metadata_directory: str | None = None,  # noqa: ARG001
) -> str:
    """Compiles the library, and packs it with the package. Gives the wheel's file name."""
    machine = str((config_settings or {}).get("machine", platform.machine()))
    return _build(wheel_directory, machine, editable=False)


def build_editable(
    wheel_directory: str,
    config_settings: Mapping[str, object] | None = None,  # noqa: ARG001
    metadata_directory: str | None = None,  # noqa: ARG001
) -> str:
    """Compiles the library into the sources, where the wheel points to."""
    return _build(wheel_directory, platform.machine(), editable=True)


def _build(wheel_directory: str, machine: str, *, editable: bool) -> str:
    compiled = compile_variants(_ROOT, machine) if has_variants(machine) else ()
    tag = platform_tag(machine) if compiled else "any"
    folder = Path(wheel_directory)
    with NamedTemporaryFile(suffix=".whl", dir=folder, delete=False) as file:
        builder = _PlatformWheel.from_ini_path(_ROOT / "pyproject.toml", file)
        builder.source_time_stamp = builder.source_time_stamp or _TIME
        builder.libraries = compiled
        builder.tag = tag
        builder.build(editable)
    partial = Path(file.name)
    partial.chmod(0o644)
    partial.replace(folder / builder.wheel_filename)
    return str(builder.wheel_filename)


class _PlatformWheel(WheelBuilder):  # type: ignore[misc]  # flit_core has no types
    libraries: Collection[Path]
    tag: str

    @property
    def wheel_filename(self) -> str:
        return self._tagged(str(super().wheel_filename))

    def copy_module(self) -> None:
        """Leaves out libraries of other machines, which may lie beside this one's."""
        for name in self.module.iter_files():
            file = Path(name)
            if file.parent != _ROOT / BINARIES or file in self.libraries:
                self._add_file(file, file.relative_to(self.module.source_dir))

    @contextmanager
    def _write_to_zip(self, rel_path: str, mode: int = 0o644) -> Iterator[StringIO]:
        with super()._write_to_zip(rel_path, mode) as text:
            yield text
            if rel_path.endswith(".dist-info/WHEEL"):
                tagged = self._tagged(text.getvalue())
                text.seek(0)
                text.truncate()
                text.write(tagged)

    def _tagged(self, text: str) -> str:
        return text.replace("-none-any", f"-none-{self.tag}")
