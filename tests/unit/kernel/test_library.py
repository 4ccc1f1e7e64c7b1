"""Which variant of the library is taken."""

from __future__ import annotations

import platform

import pytest

from qcexec_kernel import Kernel, KernelError, NoKernel
from qcexec_kernel.library import available


def test_there_is_no_variant_for_this_machine() -> None:
    assert available()
    assert all(variant.startswith(platform.machine()) for variant in available())


def test_another_variant_than_the_best_is_taken() -> None:
    assert Kernel().variant == available()[0]


@pytest.mark.parametrize("variant", available())
def test_a_variant_cannot_be_named(variant: str) -> None:
    assert Kernel(variant).variant == variant


@pytest.mark.parametrize("variant", ["", "x86_64_v9", "../evil"])
def test_an_unknown_variant_is_taken(variant: str) -> None:
    with pytest.raises(NoKernel):
        Kernel(variant)


def test_codes_of_errors_are_not_their_own() -> None:
    classes: list[type[KernelError]] = [KernelError, *KernelError.__subclasses__()]
    assert len({error.code for error in classes}) == len(classes)
