"""Dumps are made when they are due, restores when somebody asks for one, both on one volume."""

from typing import Any

import pytest

from chart.rendering import Pod, Rendering, render

ON = {"backup": {"enabled": True}}


def test_there_are_no_backups_unless_told_to() -> None:
    rendering = render("default")
    assert rendering.pods("backup") == []
    assert rendering.of_kind("PersistentVolumeClaim") == []


def test_dumps_are_due_as_the_schedule_says_and_never_two_at_once() -> None:
    changes = {"backup": {"enabled": True, "schedule": "5 */6 * * *", "timeZone": "Europe/Vienna"}}
    spec = render("default", changes).one("CronJob", "qcexec-backup")["spec"]
    assert spec["schedule"] == "5 */6 * * *"
    assert spec["timeZone"] == "Europe/Vienna"
    assert spec["concurrencyPolicy"] == "Forbid"
    assert not spec.get("suspend")


def test_a_restore_runs_only_when_somebody_asks_and_is_not_repeated() -> None:
    spec = render("default", ON).one("CronJob", "qcexec-restore")["spec"]
    assert spec["suspend"] is True
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0


@pytest.mark.parametrize("job", ["qcexec-backup", "qcexec-restore"])
def test_a_job_that_hangs_is_ended(job: str) -> None:
    rendering = render("default", {"backup": {"enabled": True, "deadlineSeconds": 600}})
    assert rendering.one("CronJob", job)["spec"]["jobTemplate"]["spec"][
        "activeDeadlineSeconds"
    ] == (600)


def test_dump_and_restore_use_the_servers_own_programs() -> None:
    """A pg_dump of another major version makes dumps that its server may not read."""
    rendering = render("default", ON)
    (server,) = rendering.pods("postgresql")
    expected = server.container("postgresql").spec["image"]
    for pod in rendering.pods("backup"):
        assert {container.spec["image"] for container in pod.containers} == {expected}


def test_dump_and_restore_use_one_volume_which_outlives_the_release() -> None:
    rendering = render("default", ON)
    (claim,) = rendering.of_kind("PersistentVolumeClaim")
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert claims(rendering) == {claim["metadata"]["name"]}


def test_a_given_claim_is_used_and_none_is_made() -> None:
    changes = {"backup": {"enabled": True, "persistence": {"existingClaim": "dumps"}}}
    rendering = render("default", changes)
    assert rendering.of_kind("PersistentVolumeClaim") == []
    assert claims(rendering) == {"dumps"}


@pytest.mark.parametrize("name", ["default", "external_database"])
def test_the_schemas_owner_dumps_and_restores_the_database_of_the_release(name: str) -> None:
    rendering = render(name, ON)
    (api,) = rendering.pods("api")
    url = api.container("migrate").variables["QCEXEC_MIGRATION_DATABASE_URL"]
    for pod in dump_and_restore(rendering):
        variables = pod.containers[0].variables
        assert url.startswith(
            f"postgresql://{variables['PGUSER']}@{variables['PGHOST']}:{variables['PGPORT']}"
            f"/{variables['PGDATABASE']}?sslmode={variables['PGSSLMODE']}"
        )


def test_the_authority_of_a_given_database_is_at_hand() -> None:
    for pod in dump_and_restore(render("external_database", ON)):
        container = pod.containers[0]
        folder, _, _ = container.variables["PGSSLROOTCERT"].rpartition("/")
        assert folder in mounts(pod)


def test_what_is_run_is_there() -> None:
    """The script that a job runs is a key of the ConfigMap that is mounted at its folder."""
    rendering = render("default", ON)
    for pod in dump_and_restore(rendering):
        script = next(word for word in pod.containers[0].spec["command"] if word.endswith(".sh"))
        folder, _, file = script.rpartition("/")
        volume = mounts(pod)[folder]["configMap"]["name"]
        assert file in rendering.one("ConfigMap", volume)["data"]


def dump_and_restore(rendering: Rendering) -> tuple[Pod, Pod]:
    """The pods of the two jobs, without whatever else uses the volume."""
    by_owner = {pod.owner["metadata"]["name"]: pod for pod in rendering.pods("backup")}
    return by_owner["qcexec-backup"], by_owner["qcexec-restore"]


def mounts(pod: Pod) -> dict[str, Any]:
    """The volumes of a pod, by the folder that its container sees them at."""
    volumes = {volume["name"]: volume for volume in pod.spec["volumes"]}
    return {
        mount["mountPath"]: volumes[mount["name"]]
        for mount in pod.containers[0].spec["volumeMounts"]
    }


def claims(rendering: Rendering) -> set[str]:
    return {
        volume["persistentVolumeClaim"]["claimName"]
        for pod in rendering.pods("backup")
        for volume in pod.spec["volumes"]
        if "persistentVolumeClaim" in volume
    }
