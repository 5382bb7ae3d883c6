#!/bin/sh
# A slow and lossy link that breaks down again and again, on this machine: a federated run whose state goes down and whose
# update comes up over it. The run must lose no round, end with the adapter of loopback, and send little more than it must.
set -eu

usage() {
    cat <<'TEXT'
Usage: cluster/network/slow.sh [-s MEGABYTES] [-k KBIT] [-d MS] [-l PERCENT] [-o SECONDS] [-n CUTS]

  -s MEGABYTES  size of the state that goes down and of the update that comes up, a whole number; 4 unless given
  -k KBIT       kilobits a second of the link; 1000 unless given
  -d MS         by how much each packet is late, each way; 40 unless given
  -l PERCENT    how many packets are lost; 5 unless given
  -o SECONDS    how long each cut lasts; 60 unless given
  -n CUTS       how many cuts there are; 2 unless given

Prints PASS with the figures, FAIL, or 'skipped: …' with the reason: it takes root, iproute2, python3 and /dev/net/tun. The
lorad that is used is $LORAD, else .build/release/lorad.
TEXT
}

megabytes=4
rate=1000
delay=40
loss=5
outage=60
cuts=2
while getopts hs:k:d:l:o:n: option; do
    case $option in
    s) megabytes=$OPTARG ;;
    k) rate=$OPTARG ;;
    d) delay=$OPTARG ;;
    l) loss=$OPTARG ;;
    o) outage=$OPTARG ;;
    n) cuts=$OPTARG ;;
    h) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done

# The fixture's adapter has 3,716 bytes for each rank.
rank=$((megabytes * 1000000 / 3716))

cd "$(dirname "$0")/../.."
root=$PWD
lorad=$(realpath "${LORAD:-.build/release/lorad}")
[ -x "$lorad" ] || {
    echo "slow.sh: there is no $lorad: build it with 'make build', or set LORAD" >&2
    exit 2
}

work=$(mktemp -d)
here=lorad-$$-a
there=lorad-$$-b
pids=
clean() {
    trap '' INT TERM EXIT
    for pid in $pids; do kill -s KILL "$pid" 2>/dev/null || true; done
    for space in "$here" "$there"; do ip netns del "$space" 2>/dev/null || true; done
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

skip() {
    echo "skipped: $1"
    exit 0
}
fail() {
    echo "FAIL: $1"
    for log in "$work"/*.log; do tail -n 20 "$log" | sed "s|^|  $(basename "$log" .log): |"; done
    exit 1
}
has_text() { [ -s "$1" ]; }
has_ended() { ! kill -0 "$1" 2>/dev/null; }
sent() { cut -d ' ' -f "$1" "$work/cut.bytes"; }

if ! command -v ip >/dev/null || ! command -v python3 >/dev/null; then skip "ip or python3 is missing: install iproute2 python3"; fi
[ -c /dev/net/tun ] || skip "there is no /dev/net/tun"
ip netns add "$here" 2>"$work/reason" || skip "no network namespace can be made ($(cat "$work/reason"))"
ip netns add "$there"
echo 0 0 >"$work/cut.bytes"
python3 cluster/network/relay.py "$here" "$there" "$delay" "$loss" "$work/cut" "${rate}e3" >"$work/ready" 2>"$work/reason" &
relay=$!
pids=$relay
until has_text "$work/ready" || has_ended "$relay"; do sleep 0.1; done
has_text "$work/ready" || skip "the link cannot be made ($(tr '\n' ' ' <"$work/reason"))"
ip -n "$here" address add 10.77.0.1/24 dev wire
ip -n "$there" address add 10.77.0.2/24 dev wire
for space in "$here" "$there"; do
    ip -n "$space" link set lo up
    ip -n "$space" link set wire up
done

fixture=$root/Tests/Fixtures/tiny-llava
cat >"$work/run.yaml" <<YAML
run: slow
model: { path: $fixture/model }
adapter: { r: $rank, target_modules: '.*language_model.*_proj' }
training: { learning_rate: 1e-3, per_device_train_batch_size: 4, output_dir: out }
federation: { mode: federated, rounds: 1, local_steps: 1, worker_timeout: 120 }
YAML
cd "$work"

# Runs it in two namespaces; the model is at both ends, so that state and update are all there is to move.
start() { # STATE ADDRESS COORDINATOR'S-NAMESPACE WORKER'S-NAMESPACE
    ip netns exec "$3" "$lorad" coordinator --config run.yaml --set "training.output_dir=$1-out" --listen "tcp://$2:7700" \
        --one-port --state "$1" --join-file "$1.join" >"$1-coordinator.log" 2>&1 &
    coordinator=$!
    pids="$pids $coordinator"
    until has_text "$1.join" || has_ended "$coordinator"; do sleep 0.1; done
    has_text "$1.join" || fail "the coordinator does not start"
    ip netns exec "$4" "$lorad" worker --join-file "$1.join" --name there --state "$1-worker" --lanes 1 --model-root / \
        --data "$fixture/data/train.json" --images "$fixture/data/pictures" >"$1-worker.log" 2>&1 &
    worker=$!
    pids="$pids $worker"
}
finish() {
    until has_ended "$coordinator"; do sleep 0.2; done
    wait "$coordinator" || fail "the coordinator ended with an error"
    wait "$worker" || fail "the worker ended with an error"
}

start alone 127.0.0.1 "$here" "$here"
begun=$(date +%s.%N)
finish
base=$(echo "$(date +%s.%N) - $begun" | bc)

size=$(stat -c %s alone-out/adapter_model.safetensors)
ideal=$(echo "2 * $size * 8 / ($rate * 1000)" | bc)
start slow 10.77.0.1 "$here" "$there"
begun=$(date +%s)
done=0
while [ "$done" -lt "$cuts" ]; do
    # Each cut comes after an equal part of the way.
    done=$((done + 1))
    until [ "$(($(sent 1) + $(sent 2)))" -ge $((2 * size * done / (cuts + 1))) ] || has_ended "$coordinator"; do sleep 0.2; done
    has_ended "$coordinator" && fail "the run was over before cut $done"
    touch cut
    sleep "$outage"
    rm cut
done
finish
wall=$(($(date +%s) - begun))
sleep 2
cmp alone-out/adapter_model.safetensors slow-out/adapter_model.safetensors || fail "the adapter is not that of loopback"
! grep -qiE "silent|lost|gave up|another worker" slow-coordinator.log || fail "the worker was taken for lost"
total=$(($(sent 1) + $(sent 2)))
cat <<TEXT
PASS: $size bytes down and up at $rate kbit/s with $loss % loss, $((2 * delay)) ms round trip and $cuts cuts of $outage s
  on the wire: $total bytes, all headers and repetitions included: $((100 * (total - 2 * size) / (2 * size))) % beyond the payload
  time: $wall s; ideal: $ideal s for the bytes, $((cuts * outage)) s of cuts, $base s for the run itself over loopback
TEXT
