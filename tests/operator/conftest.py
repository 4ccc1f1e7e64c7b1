"""The real operator, against a model of a cluster in memory and a real PostgreSQL.

cluster     the API server
fleet       what lives on it: a controller, nodes and workers; runs by itself
operators   starts operators
lab         all of these as one release; ends with a look at what the operator wrote
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import kmock as kmock_server
import pytest

from support.databases import Database
from support.lab import Lab
from support.model_cluster import ModelCluster
from support.model_fleet import ModelFleet
from support.operators import Operators
from support.services import Services


@pytest.fixture
async def cluster() -> AsyncIterator[ModelCluster]:
    async with ModelCluster() as model, kmock_server.Server(model):
        yield model


@pytest.fixture
async def fleet(cluster: ModelCluster, database: Database) -> AsyncIterator[ModelFleet]:
    model = ModelFleet(cluster, database.app_dsn)
    async with model.running():
        yield model


@pytest.fixture
def operators(
    cluster: ModelCluster, services: Services, database: Database, tmp_path: Path
) -> Operators:
    kubeconfig = tmp_path / "kubeconfig"
    cluster.write_kubeconfig(kubeconfig)
    return Operators(services, database.app_dsn, str(kubeconfig))


@pytest.fixture
def lab(
    cluster: ModelCluster, fleet: ModelFleet, operators: Operators, database: Database
) -> Iterator[Lab]:
    made = Lab(cluster, fleet, operators, database.app_dsn)
    yield made
    made.check_manners()
