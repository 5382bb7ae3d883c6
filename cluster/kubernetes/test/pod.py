"""Makes the configuration that runc starts a pod's container with, as a kubelet would, from the pod's manifest and the image's own.

python3 pod.py MANIFESTS KIND IMAGE-CONFIG ROOT NETWORK HOSTS VOLUME=FOLDER… [-- ARGUMENT…]

MANIFESTS is rendered YAML, KIND that of the pod's owner, IMAGE-CONFIG the config.json of `umoci unpack`, ROOT the unpacked image, NETWORK a
network namespace's file, HOSTS stands for the cluster's DNS. Arguments after -- take the place of the manifest's. Prints JSON.
"""

import json
import os
import sys

import yaml

SECCOMP = "/usr/share/containers/seccomp.json"


def seccomp():
    """The default profile of container engines, for a process without capabilities."""
    with open(SECCOMP) as file:
        profile = json.load(file)
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    calls = []
    for rule in profile["syscalls"]:
        only, never = rule.get("includes") or {}, rule.get("excludes") or {}
        if only.get("caps") or machine in never.get("arches", []):
            continue
        if only.get("arches") and machine not in only["arches"]:
            continue
        calls.append({k: rule[k] for k in ("names", "action", "args", "errnoRet") if rule.get(k) is not None})
    architecture = {"amd64": "SCMP_ARCH_X86_64", "arm64": "SCMP_ARCH_AARCH64"}[machine]
    return {
        "defaultAction": profile["defaultAction"],
        "defaultErrnoRet": profile.get("defaultErrnoRet", 1),
        "architectures": [architecture],
        "syscalls": calls,
    }


def bytes_of(quantity):
    units = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
    return int(quantity[:-2]) * units[quantity[-2:]] if quantity[-2:] in units else int(quantity)


def pod_of(manifests, kind):
    with open(manifests) as file:
        owners = [thing for thing in yaml.safe_load_all(file) if thing["kind"] == kind]
    return owners[0]["spec"]["template"]["spec"]


def environment(container):
    for entry in container.get("env", []):
        limit = container["resources"]["limits"][entry["valueFrom"]["resourceFieldRef"]["resource"].split(".")[1]]
        yield entry["name"], limit


def configuration(manifests, kind, image, root, network, hosts, volumes, arguments):
    with open(image) as file:
        config = json.load(file)
    pod = pod_of(manifests, kind)
    container = pod["containers"][0]
    variables = dict(environment(container))
    arguments = arguments or container["args"]
    for name, value in variables.items():
        arguments = [argument.replace(f"$({name})", value) for argument in arguments]
    process = config["process"]
    process |= {
        "terminal": False,
        "args": [process["args"][0], *arguments],
        "env": [*process["env"], *(f"{name}={value}" for name, value in variables.items())],
        "user": {
            "uid": pod["securityContext"]["runAsUser"],
            "gid": pod["securityContext"]["runAsGroup"],
            "additionalGids": [pod["securityContext"]["fsGroup"]],
        },
        "capabilities": {},
        "noNewPrivileges": not container["securityContext"]["allowPrivilegeEscalation"],
    }
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    process.pop("rlimits", None)
    config["root"] = {"path": root, "readonly": container["securityContext"]["readOnlyRootFilesystem"]}
    unused = ("/etc/resolv.conf", "/etc/hosts", "/etc/hostname")
    config["mounts"] = [mount for mount in config["mounts"] if mount["destination"] not in unused]
    for mount in container["volumeMounts"]:
        mode = "ro" if mount.get("readOnly") else "rw"
        options = ["rbind", mode, "nosuid", "nodev"]
        source = volumes[mount["name"]]
        config["mounts"].append({"destination": mount["mountPath"], "type": "bind", "source": source, "options": options})
    config["mounts"].append({"destination": "/etc/hosts", "type": "bind", "source": hosts, "options": ["bind", "ro"]})
    kinds = ["pid", "ipc", "uts", "mount"]
    config["linux"]["namespaces"] = [{"type": one} for one in kinds] + [{"type": "network", "path": network}]
    config["linux"]["seccomp"] = seccomp()
    limit = bytes_of(container["resources"]["limits"]["memory"])
    config["linux"]["resources"] = {"memory": {"limit": limit}, "devices": [{"allow": False, "access": "rwm"}]}
    return config


def main(arguments):
    given, _, replaced = " ".join(arguments).partition(" -- ")
    manifests, kind, image, root, network, hosts, *volumes = given.split()
    folders = dict(volume.split("=", 1) for volume in volumes)
    print(json.dumps(configuration(manifests, kind, image, root, network, hosts, folders, replaced.split()), indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
