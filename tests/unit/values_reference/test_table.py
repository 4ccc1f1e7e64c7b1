"""What a README says of the values."""

from textwrap import dedent

import pytest
from charts.values_reference.errors import MarkersMissing
from charts.values_reference.table import BEGIN, END, tables, with_tables
from charts.values_reference.values import parse

VALUES = dedent(
    """\
    # @section First

    # One `|` two.
    #
    # More.
    a: "x|y"
    b:
      # Inside.
      c: {}

    # @section Second

    # Described, with values of its own.
    d:
      # Inside.
      e: null
    """
)


def test_each_section_has_its_table_in_the_order_of_the_file() -> None:
    assert tables(parse(VALUES)) == dedent(
        """\
        ### First

        | value | what it is | default |
        |---|---|---|
        | `a` | One `\\|` two.<br><br>More. | `"x\\|y"` |
        | `b.c` | Inside. | `{}` |

        ### Second

        | value | what it is | default |
        |---|---|---|
        | `d` | Described, with values of its own. |  |
        | `d.e` | Inside. | `null` |
        """
    )


def test_what_is_between_the_markers_is_replaced_and_the_rest_kept() -> None:
    readme = f"# Chart\n\n{BEGIN}\nold\n{END}\n\nAfter.\n"
    made = with_tables(readme, "new\n")
    assert made == f"# Chart\n\n{BEGIN}\n\nnew\n\n{END}\n\nAfter.\n"
    assert with_tables(made, "new\n") == made


@pytest.mark.parametrize(
    "readme", ["", BEGIN, f"{END}\n{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"], ids=len
)
def test_a_readme_without_one_pair_of_markers_is_an_error(readme: str) -> None:
    with pytest.raises(MarkersMissing):
        with_tables(readme, "new\n")
