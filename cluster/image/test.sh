#!/usr/bin/env bash
# Builds the image twice, and runs it as Kubernetes would: the pods of cluster/kubernetes under runc, with a read-only root, no network
# but loopback, user 65532, no capabilities, the engines' default seccomp profile and the manifests' bounds of memory. A coordinator and
# two workers train; after fixed steps pods are stopped as a kubelet stops them (SIGTERM, grace, SIGKILL) or killed, and started again.
# The adapter must be that of `lorad train` in the same image, byte for byte. As root, from the repository's root:
#
#   cluster/image/test.sh
#
# Skipped, with a line that says why, without root, umoci, runc or namespaces.
#
#   LORAD       the binary; .build/release/lorad unless given
#   KILLS       ends that many pods, drawn by chance; unless given four, each kind of pod and of end among them
#   STEPS       steps of the run; 200 unless given
#   SEED        which pods KILLS ends, and how; another each time unless given
#   STOPPED     exit codes of a process that was told to stop; 75 unless given
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() {
    echo "test.sh: $1" >&2
    exit 1
}
skip() {
    echo "skipped: $1"
    exit 0
}
[ "$(id -u)" = 0 ] || skip "runc needs root here"
for tool in umoci runc ip; do
    command -v $tool >/dev/null || skip "$tool is not installed: apt-get install umoci runc iproute2 golang-github-containers-common"
done
python=/usr/bin/python3 # Debian's, which has Debian's yaml
$python -c "import yaml" 2>/dev/null || skip "Python has no yaml: apt-get install python3-yaml"
unshare --mount --net --pid --ipc --uts --fork true 2>/dev/null || skip "no container can be made here: this machine has no namespaces"
[ -e /usr/share/containers/seccomp.json ] ||
    skip "there is no /usr/share/containers/seccomp.json: apt-get install golang-github-containers-common"

export LORAD=${LORAD:-.build/release/lorad}
steps=${STEPS:-200} stopped=${STOPPED:-75}
ends=(worker-0:stopped coordinator:killed worker-1:killed coordinator:stopped)
if [ -n "${KILLS:-}" ]; then
    RANDOM=${SEED:=$$}
    echo "KILLS=$KILLS SEED=$SEED ends the same pods in the same order"
    pods=(coordinator worker-0 worker-1) ways=(stopped killed) ends=()
    while [ ${#ends[@]} -lt "$KILLS" ]; do ends+=("${pods[RANDOM % 3]}:${ways[RANDOM % 2]}"); done
fi
work=$(mktemp -d)
network=
finish() {
    for pod in coordinator worker-0 worker-1 reference; do runc --root "$work/runc" delete -f $pod 2>/dev/null || true; done
    [ -z "$network" ] || kill "$network" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

echo "== the image, twice"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
OUTPUT=$work/once cluster/image/build.sh
OUTPUT=$work/again cluster/image/build.sh >/dev/null
cmp "$work"/once/*.oci.tar "$work"/again/*.oci.tar || fail "built twice, the images differ"
rm -rf "$work/again"
umoci unpack --image "$work/once/image:$(sed -n 's/.*static let number = "\(.*\)"/\1/p' Sources/lorad/Version.swift)" "$work/image"
root=$work/image/rootfs
[ -z "$(find "$root" -perm /6000)" ] || fail "the image has files with setuid"
for shell in sh bash dash busybox; do [ -z "$(find "$root" -name $shell)" ] || fail "the image has a shell"; done

# A network of loopback alone, which all pods share, and a name in place of the cluster's DNS.
unshare --net sleep infinity &
network=$!
until [ "$(readlink "/proc/$network/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
inside() { nsenter --net="/proc/$network/ns/net" "$@"; }
inside ip link set lo up
echo "127.0.0.1 localhost lorad-coordinator" >"$work/hosts"

# What the kubelet does to a volume of a pod with an fsGroup under OnRootMismatch.
volume() {
    mkdir -p "$work/$1"
    if [ "$(stat -c %g "$work/$1")" != 65532 ]; then
        chgrp -R 65532 "$work/$1"
        chmod -R g+rwX "$work/$1"
        find "$work/$1" -type d -exec chmod g+s {} +
    fi
}
cp -r Tests/Fixtures/tiny-llava "$work/data"
mkdir -p "$work/run" "$work/join"
# Long enough to be ended in the middle, and with a worker that was killed given up soon.
sed "s/num_train_epochs: .*/num_train_epochs: $steps/; s/worker_timeout: .*/worker_timeout: 2/" \
    cluster/kubernetes/base/coordinator/run.yaml >"$work/run/run.yaml"
cat cluster/kubernetes/base/coordinator/statefulset.yaml <(echo ---) cluster/kubernetes/base/workers-job/job.yaml >"$work/pods.yaml"

# start POD KIND STATE [-- ARGUMENTS]: the log is POD.log, the exit code POD.code.
start() {
    local pod=$1 kind=$2 state=$3
    shift 3
    volume "$state"
    rm -rf "$work/tmp-$pod" "$work/bundle-$pod"
    volume "tmp-$pod"
    mkdir "$work/bundle-$pod"
    $python cluster/kubernetes/test/pod.py "$work/pods.yaml" "$kind" "$work/image/config.json" "$root" \
        "/proc/$network/ns/net" "$work/hosts" run="$work/run" data="$work/data" join="$work/join" state="$work/$state" \
        tmp="$work/tmp-$pod" "$@" >"$work/bundle-$pod/config.json"
    rm -f "$work/$pod.code"
    {
        code=0
        runc --root "$work/runc" run -b "$work/bundle-$pod" "$pod" >>"$work/$pod.log" 2>&1 </dev/null || code=$?
        echo $code >"$work/$pod.code"
    } &
}
# is_within SECONDS COMMAND…
is_within() {
    local end=$((SECONDS + $1))
    shift
    until "$@" 2>/dev/null; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}
ended() { [ -s "$work/$1.code" ]; }
code() { cat "$work/$1.code"; }
expect_code() {
    is_within "$2" ended "$1" || fail "$1 has not ended after $2 s: $(tail -n 5 "$work/$1.log")"
    case " $3 " in *" $(code "$1") "*) ;; *) fail "$1 ended with $(code "$1"), not $3: $(tail -n 5 "$work/$1.log")" ;; esac
}
# The kubelet's probe, and Prometheus' look.
get() { inside $python -c 'import sys, urllib.request; print(urllib.request.urlopen("http://127.0.0.1:9700" + sys.argv[1], timeout=5).read().decode())' "$1"; }
ready() { get /healthz | grep ok >/dev/null; }

echo "== lorad train in the image"
start reference StatefulSet reference -- train --config /etc/lorad/run.yaml
expect_code reference 300 0
expected=$work/reference/out/adapter_model.safetensors

echo "== a coordinator and two workers; ${#ends[@]} times one of them is stopped or killed"
start coordinator StatefulSet state
is_within 60 ready || fail "the coordinator is not ready: $(tail -n 5 "$work/coordinator.log")"
sed -n "s/.*--join '\(.*\)'.*/\1/p" "$work/coordinator.log" | head -n 1 >"$work/join/join-line"
[ -s "$work/join/join-line" ] || fail "the coordinator has printed no join line"
chown root:65532 "$work/join/join-line"
chmod 440 "$work/join/join-line"
start worker-0 Job worker-0.1
start worker-1 Job worker-1.1

done_steps() { get /metrics | sed -n 's/^lorad_round //p'; }
has_done() { ready && [ "$(done_steps)" -ge "$1" ]; }
number=0 incarnation=1 codes=
# In the first half of the run, so that it is not over before the last one.
for end in "${ends[@]}"; do
    number=$((number + 1))
    pod=${end%:*} how=${end#*:}
    is_within 120 has_done $((steps * number / (2 * ${#ends[@]}))) ||
        fail "the run does not go on: $(tail -n 5 "$work/coordinator.log")"
    [ "$(done_steps)" -lt "$steps" ] || fail "the run was over after $((number - 1)) ends: set STEPS higher"
    if [ "$how" = stopped ]; then
        runc --root "$work/runc" kill "$pod" TERM
        expect_code "$pod" 60 "$stopped"
        # A Job's next pod has a volume of its own.
        incarnation=$((incarnation + 1))
    else
        runc --root "$work/runc" kill "$pod" KILL
        expect_code "$pod" 10 137
    fi
    codes="$codes $pod:$how:$(code "$pod")"
    case $pod in
    coordinator) start coordinator StatefulSet state ;;
    *)
        previous=$(find "$work" -maxdepth 1 -name "$pod.[0-9]*" -printf '%f\n' | sort -t . -k 2 -n | tail -n 1)
        if [ "$how" = stopped ]; then start "$pod" Job "$pod.$incarnation"; else start "$pod" Job "$previous"; fi
        ;;
    esac
done
echo "$codes" | tr ' ' '\n' | sed '/^$/d; s/^/  /'

expect_code worker-0 300 0
expect_code worker-1 60 0
is_within 30 grep -q 'is finished; serving continues' "$work/coordinator.log" || fail "the run has not ended: $(tail -n 5 "$work/coordinator.log")"
ready || fail "the coordinator of the finished run is not healthy"
get /metrics | grep 'lorad_run_state{state="finished"} 1' >/dev/null || fail "the metrics do not tell that the run is finished"
cmp "$work/state/out/adapter_model.safetensors" "$expected" || fail "the adapter is not that of lorad train"

echo "== the finished run's coordinator is restarted, stays, and stops"
runc --root "$work/runc" kill coordinator KILL
expect_code coordinator 10 137
start coordinator StatefulSet state
is_within 60 ready || fail "the coordinator does not come back: $(tail -n 5 "$work/coordinator.log")"
runc --root "$work/runc" kill coordinator TERM
expect_code coordinator 30 0
[ "$(stat -c %a "$work/state/runs/tiny/keys/coordinator.key")" = 600 ] || fail "others may read the coordinator's key"
echo "test.sh: after ${#ends[@]} ends the adapter is that of lorad train, byte for byte ($steps steps)"
