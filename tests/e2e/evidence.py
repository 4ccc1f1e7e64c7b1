"""What can be learned of a namespace after a test failed, written into a folder."""

from pathlib import Path

from e2e.cluster import Cluster, name_of

_LINES = 2000


def save_evidence(cluster: Cluster, namespace: str, folder: Path) -> None:
    """Write objects, events and logs of a namespace; what cannot be read is said in its file."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = "all,ingresses,networkpolicies,persistentvolumeclaims,poddisruptionbudgets"
    questions = {
        "objects.txt": ("get", kinds, "--output", "wide"),
        "objects.yaml": ("get", f"{kinds},configmaps", "--output", "yaml"),
        "events.txt": ("get", "events", "--sort-by", ".lastTimestamp"),
        "describe.txt": ("describe", "pods,statefulsets,deployments"),
        "nodes.txt": ("describe", "nodes"),
        "worker-pools.yaml": ("get", "workerpools", "--output", "yaml"),
    }
    for name, question in questions.items():
        _write(cluster, namespace, folder / name, *question)
    for pod in cluster.find("pods", namespace):
        spec = pod["spec"]
        for container in (*spec.get("initContainers", []), *spec["containers"]):
            said = ("logs", name_of(pod), "--container", container["name"], f"--tail={_LINES}")
            file = folder / f"{name_of(pod)}.{container['name']}.log"
            _write(cluster, namespace, file, *said)
            _write(cluster, namespace, file.with_suffix(".previous.log"), *said, "--previous")


def _write(cluster: Cluster, namespace: str, file: Path, *question: str) -> None:
    answer = cluster.attempt(*question, namespace=namespace)
    if answer.returncode == 0 or "--previous" not in question:
        file.write_text(answer.stdout + answer.stderr, encoding="utf-8")
