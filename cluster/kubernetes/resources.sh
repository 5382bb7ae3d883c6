#!/bin/sh
# Prints the requests and limits that a run file asks for, as a patch for kustomize:
#
#   cluster/kubernetes/resources.sh RUN.yaml -c 8 >resources.yaml
#
#   patches:                                    in the overlay's kustomization.yaml
#     - { path: resources.yaml, target: { kind: StatefulSet|Deployment|Job } }
#
#   -c CPUS   cores, and so lanes, of each pod; 4 unless given
#   -p PATH   the pod's place in the object; /spec/template unless given. In a JobSet it is
#             /spec/replicatedJobs/0/template/spec/template for the coordinator, and 1 for the workers
#
# Options after -- go to `lorad train --dry-run`, which estimates the memory: --set model.path=models/llava, say, where the model is
# here. LORAD is the binary; .build/release/lorad, else the one on the PATH, unless given.
set -eu

fail() {
    echo "resources.sh: $1" >&2
    exit "${2:-1}"
}
case ${1:--} in -*) set -- ;; esac # the run file comes first
[ $# -gt 0 ] || fail "usage: resources.sh RUN.yaml [-c CPUS] [-p PATH] [-- OPTIONS OF lorad train]" 2
run=$1
shift
cpus=4 path=/spec/template
while getopts c:p: option; do
    case $option in
    c) cpus=$OPTARG ;;
    p) path=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
case $cpus in
'' | *[!0-9]* | 0) fail "-c $cpus: expected a number of cores, 1 at least" 2 ;;
esac
lorad=${LORAD:-.build/release/lorad}
[ -x "$lorad" ] || lorad=$(command -v lorad) || fail "there is no lorad: run 'make build', or set LORAD"

estimate=$("$lorad" train --config "$run" --dry-run --set "training.lanes=$cpus" "$@")
megabytes() { echo "$estimate" | sed -n "s/^ *$1 *\([0-9.]*\) MB\$/\1/p"; }
own=$(megabytes 'total without mapped weights')
mapped=$(megabytes 'base weights, mapped from the files')
if [ -z "$own" ] || [ -z "$mapped" ]; then fail "lorad train --dry-run prints no estimate: $estimate"; fi

# Weights are pages of a file, which the kernel may take back; without them in memory training crawls, so they are asked for. The limit
# leaves a quarter and 128 MiB more.
awk -v path="$path" -v cpus="$cpus" -v own="$own" -v mapped="$mapped" 'BEGIN {
    request = int((own + mapped) * 1e6 / 1048576) + 1
    limit = int(request * 1.25) + 128
    printf "# %s MB of its own and %s MB of weights with %d lanes, by lorad train --dry-run.\n", own, mapped, cpus
    value["requests/cpu"] = value["limits/cpu"] = "\"" cpus "\""
    value["requests/memory"] = request "Mi"
    value["limits/memory"] = limit "Mi"
    count = split("requests/cpu requests/memory limits/cpu limits/memory", places, " ")
    for (i = 1; i <= count; i++)
        printf "- { op: add, path: %s/spec/containers/0/resources/%s, value: %s }\n", path, places[i], value[places[i]]
}'
