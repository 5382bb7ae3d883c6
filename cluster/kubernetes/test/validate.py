"""Validates rendered manifests: python3 validate.py VERSION,VERSION FILE…

Every object against the schema of its kind in each version of Kubernetes, where an unknown field is an error; every pod against the
Pod Security Standard "restricted" and this project's own rules; every name that an object refers to; and every metric that an alert or a
dashboard asks for against those that lorad serves.
"""

import functools
import importlib
import json
import pathlib
import re
import sys

import kubernetes_validate
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Kinds that Kubernetes does not have itself: the module and the class of each, generated from its schema. Modules take seconds to load.
CUSTOM = {
    "JobSet": ("kubeflow_trainer_api.models", "JobsetV1alpha2JobSet"),
    "TrainJob": ("kubeflow_trainer_api.models", "TrainerV1alpha1TrainJob"),
    "TrainingRuntime": ("kubeflow_trainer_api.models", "TrainerV1alpha1TrainingRuntime"),
    "ServiceMonitor": ("cloudcoil.models.prometheus_operator.v1", "ServiceMonitor"),
    "PrometheusRule": ("cloudcoil.models.prometheus_operator.v1", "PrometheusRule"),
}
# What a user makes by hand, or a StatefulSet, and so no overlay has.
MADE_BY_HAND = {("Secret", "lorad-join"), ("PersistentVolumeClaim", "state-lorad-coordinator-0")}


def taken(thing):
    """What the class of a custom kind takes of an object."""
    module, name = CUSTOM[thing["kind"]]
    model = getattr(importlib.import_module(module), name)
    if hasattr(model, "from_dict"):
        return model.from_dict(thing).to_dict()
    return model.model_validate(thing).model_dump(by_alias=True, mode="json", exclude_none=True)


def lost(given, kept, path=""):
    """Fields that a model did not take, which its schema does not have."""
    if isinstance(given, dict):
        for key, value in given.items():
            if not isinstance(kept, dict) or key not in kept:
                yield f"{path}/{key}"
            else:
                yield from lost(value, kept[key], f"{path}/{key}")
    elif isinstance(given, list) and isinstance(kept, list):
        for index, (one, other) in enumerate(zip(given, kept)):
            yield from lost(one, other, f"{path}/{index}")


def jobs_within(thing):
    """The Jobs that a JobSet or a runtime makes, as objects of their own."""
    if isinstance(thing, dict):
        for job in thing.get("replicatedJobs", []):
            metadata = {"name": job["name"]}
            yield {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": job["template"]["spec"]}
        for value in thing.values():
            yield from jobs_within(value)


def pods(objects):
    """Pod templates, with the object that each is of."""
    for thing in objects:
        if thing["kind"] == "Pod":
            yield f"Pod/{thing['metadata']['name']}", thing
        inner = list(jobs_within(thing))
        for owner in inner or [thing]:
            template = owner.get("spec", {}).get("template", {})
            if "spec" in template and "containers" in template["spec"]:
                yield f"{thing['kind']}/{owner['metadata']['name']}", template


def check_schema(thing, versions):
    if thing["kind"] in CUSTOM:
        try:
            yield from (f"the schema has no {path}" for path in lost(thing, taken(thing)))
        except ValueError as error:  # pydantic's are of this kind
            yield str(error)
        for job in jobs_within(thing):
            yield from check_schema(job, versions)
        return
    for version in versions:
        if problem := problem_of(json.dumps(thing, sort_keys=True), version):
            yield problem


@functools.cache  # overlays have much in common
def problem_of(text, version):
    try:
        kubernetes_validate.validate(json.loads(text), version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"Kubernetes {version}: {'/'.join(map(str, error.path))}: {error.message}"
    return None


def check_pod(template):
    """The Pod Security Standard "restricted", and more."""
    pod = template["spec"]
    security = pod.get("securityContext", {})
    rules = {
        "runs as root": security.get("runAsNonRoot") is True and security.get("runAsUser") == 65532,
        "has no seccomp profile": security.get("seccompProfile") == {"type": "RuntimeDefault"},
        "opens keys to the group at every start": security.get("fsGroupChangePolicy") == "OnRootMismatch",
        "gets a token of the API": pod.get("automountServiceAccountToken") is False,
        "has no time to stop": pod.get("terminationGracePeriodSeconds", 0) >= 60,
        "shares the node's namespaces": not any(pod.get(k) for k in ("hostNetwork", "hostPID", "hostIPC")),
        "mounts the node's files": not any("hostPath" in volume for volume in pod["volumes"]),
    }
    mounted = {volume["name"] for volume in pod["volumes"]}
    for container in pod["containers"]:
        own, resources = container.get("securityContext", {}), container.get("resources", {})
        rules |= {
            "may gain privileges": own.get("allowPrivilegeEscalation") is False,
            "keeps capabilities": own.get("capabilities") == {"drop": ["ALL"]},
            "writes its root": own.get("readOnlyRootFilesystem") is True,
            "asks for nothing": {"cpu", "memory"} <= resources.get("requests", {}).keys(),
            "has no bound of memory": "memory" in resources.get("limits", {}),
        }
        wanted = {mount["name"] for mount in container["volumeMounts"]}
        rules["mounts a volume that there is not"] = wanted <= mounted | {"state"}
    return [problem for problem, holds in rules.items() if not holds]


def check_references(objects):
    """Names of Secrets, ConfigMaps and claims, and what Services, policies and budgets select."""
    known = {(o["kind"], o["metadata"]["name"]) for o in objects} | MADE_BY_HAND
    labels = []
    for owner, template in pods(objects):
        labels.append(template["metadata"]["labels"])
        for volume in template["spec"]["volumes"]:
            for kind, field, key in [
                ("Secret", "secret", "secretName"),
                ("ConfigMap", "configMap", "name"),
                ("PersistentVolumeClaim", "persistentVolumeClaim", "claimName"),
            ]:
                if field in volume and (kind, volume[field][key]) not in known:
                    yield f"{owner} mounts {kind} {volume[field][key]}, which does not exist"
    for thing in objects:
        spec = thing.get("spec", {})
        selector = {
            "Service": lambda: spec["selector"],
            "NetworkPolicy": lambda: spec["podSelector"]["matchLabels"],
            "PodDisruptionBudget": lambda: spec["selector"]["matchLabels"],
        }.get(thing["kind"])
        if selector and not any(selector().items() <= own.items() for own in labels):
            yield f"{thing['kind']}/{thing['metadata']['name']} selects no pod"


def expressions(thing):
    """Every PromQL expression within an object or a dashboard."""
    if isinstance(thing, dict):
        for key, value in thing.items():
            if key in ("expr", "query") and isinstance(value, str):
                yield value
            else:
                yield from expressions(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from expressions(value)


def check_metrics(objects):
    """Names, labels and values of labels, as the code has them."""
    source = (ROOT / "Sources/lorad/Metrics/RunSnapshot+Metrics.swift").read_text()
    served = set(re.findall(r'"(lorad_\w+)"', source))
    labels = set(re.findall(r'\("(\w+)", ', source)) | {"namespace", "pod", "service"}
    seen = set()
    for thing in objects:
        parts = [json.loads(v) for k, v in thing.get("data", {}).items() if k.endswith(".json")]
        for text in expressions([thing, *parts]):
            names = set(re.findall(r"\blorad_\w+", text))
            seen |= names
            for name in names - served:
                yield f"{text}: lorad serves no {name}"
            used = {label for braces in re.findall(r"\{([^}]*)\}", text) for label in re.findall(r"(\w+)\s*[=!]", braces)}
            for label in used - labels:
                yield f"{text}: no metric has the label {label}"
    if any(thing["kind"] == "PrometheusRule" for thing in objects):
        for name in served - seen:
            yield f"neither dashboard nor alert has {name}"


def main(versions, files):
    problems, count = [], 0
    for file in files:
        objects = [thing for thing in yaml.safe_load_all(pathlib.Path(file).read_text()) if thing]
        count += len(objects)
        for thing in objects:
            name = f"{thing['kind']}/{thing['metadata']['name']}"
            problems += [f"{file}: {name}: {text}" for text in check_schema(thing, versions)]
        for owner, template in pods(objects):
            problems += [f"{file}: {owner} {text}" for text in check_pod(template)]
        problems += [f"{file}: {text}" for text in [*check_references(objects), *check_metrics(objects)]]
    print("\n".join(problems) or f"{count} objects in {len(files)} overlays are valid in Kubernetes {' and '.join(versions)}")
    return 1 if problems or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1].split(","), sys.argv[2:]))
