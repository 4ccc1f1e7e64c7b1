"""values.yaml is described, and what is made from it is up to date."""

import pytest
from charts.values_reference.__main__ import main


def test_schema_and_readme_are_what_values_yaml_says(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--check"])
    printed = capsys.readouterr()
    assert code == 0, f"`make chart` writes them\n{printed.out}{printed.err}"
