#!/bin/sh
# Two hosts and a bad network on this machine: a coordinator and a worker in network namespaces of their own, joined by a
# link that delays and loses packets, and breaks down in the middle of the run. The result must be that of lorad train.
set -eu

usage() {
    cat <<'TEXT'
Usage: cluster/network/netem.sh [-s STEPS] [-o SECONDS] [-d MS] [-l PERCENT]

  -s STEPS     steps of the run; 6 unless given
  -o SECONDS   how long the link is down; 5 unless given, 30 with FULL=1 in the environment
  -d MS        by how much each packet is late, each way; 100 unless given
  -l PERCENT   how many packets are lost; 5 unless given

Prints PASS or FAIL, or 'skipped: …' with the reason where this machine cannot have such a network: it takes root,
iproute2, and either a kernel with tc-netem, or /dev/net/tun and python3. The lorad that is used is $LORAD, else
.build/release/lorad.
TEXT
}

steps=6
outage=5
[ -z "${FULL:-}" ] || outage=30
delay=100
loss=5
while getopts hs:o:d:l: option; do
    case $option in
    s) steps=$OPTARG ;;
    o) outage=$OPTARG ;;
    d) delay=$OPTARG ;;
    l) loss=$OPTARG ;;
    h) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done

cd "$(dirname "$0")/../.."
root=$PWD
lorad=$(realpath "${LORAD:-.build/release/lorad}")
[ -x "$lorad" ] || {
    echo "netem.sh: there is no $lorad: build it with 'make build', or set LORAD" >&2
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
    for log in train coordinator worker; do
        [ ! -s "$work/$log.log" ] || tail -n 20 "$work/$log.log" | sed "s/^/  $log: /"
    done
    exit 1
}
in_space() { ip netns exec "$@"; }

# Waits until a condition holds, two minutes at most.
await() {
    what=$1
    shift
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 1200 ] || fail "$what did not come in two minutes"
        sleep 0.1
    done
}
has_text() { [ -s "$1" ]; }
has_ended() { ! kill -0 "$1" 2>/dev/null; }
has_steps() { has_ended "$coordinator" || [ "$(grep -c . out/trainer_log.jsonl 2>/dev/null)" -ge "$1" ]; }

# --- The network: a veth pair shaped by tc-netem, or a relay in user space.

shape() {
    for space in "$here" "$there"; do
        in_space "$space" tc qdisc replace dev wire root netem delay "${delay}ms" loss "$1%"
    done
}
join_by_netem() {
    ip link add name wire netns "$here" type veth peer name wire netns "$there" && shape "$loss" && return
    ip -n "$here" link del wire 2>/dev/null
    return 1
}
join_by_relay() {
    [ -c /dev/net/tun ] && command -v python3 >/dev/null || return 1
    python3 "$root/cluster/network/relay.py" "$here" "$there" "$delay" "$loss" "$work/cut" >"$work/relay" &
    relay=$!
    pids="$pids $relay"
    until has_text "$work/relay" || has_ended "$relay"; do sleep 0.1; done
    has_text "$work/relay"
}
cut_link() { if [ "$link" = tc-netem ]; then shape 100; else touch "$work/cut"; fi; }
mend_link() { if [ "$link" = tc-netem ]; then shape "$loss"; else rm "$work/cut"; fi; }

if ! command -v ip >/dev/null || ! command -v tc >/dev/null; then skip "ip and tc are missing: install iproute2"; fi
ip netns add "$here" 2>"$work/reason" || skip "no network namespace can be made ($(cat "$work/reason"))"
ip netns add "$there"
if join_by_netem 2>"$work/reason"; then
    link=tc-netem
elif join_by_relay 2>>"$work/reason"; then
    link="a relay"
else
    skip "there is neither tc-netem nor a tun device ($(tr '\n' ' ' <"$work/reason"))"
fi
ip -n "$here" address add 10.77.0.1/24 dev wire
ip -n "$there" address add 10.77.0.2/24 dev wire
for space in "$here" "$there"; do ip -n "$space" link set wire up; done

# --- The run: shuffled and with dropout, so that nothing may be lost or done twice. The model's path leads nowhere from
# the worker's folder, so that it is fetched.

fixture=$root/Tests/Fixtures/tiny-llava
mkdir "$work/worker"
ln -s "$fixture/model" "$work/base"
cat >"$work/run.yaml" <<YAML
run: netem
model: { path: base }
adapter: { r: 4, lora_dropout: 0.2, target_modules: '.*language_model.*\.(q|v|up|down)_proj' }
data: { train: $fixture/data/train.json, images: $fixture/data/pictures }
training:
  learning_rate: 1e-2
  per_device_train_batch_size: 8
  max_steps: $steps
  logging_steps: 1
  output_dir: out
federation: { worker_timeout: 2 }
YAML
cd "$work"
"$lorad" train --config run.yaml --set training.output_dir=alone >train.log 2>&1 || fail "lorad train does not work"

start=$(date +%s)
in_space "$here" "$lorad" coordinator --config run.yaml --listen tcp://10.77.0.1:7700 --state state --join-file join \
    >coordinator.log 2>&1 &
coordinator=$!
pids="$pids $coordinator"
until has_text join || has_ended "$coordinator"; do sleep 0.1; done
has_text join || fail "the coordinator does not start"
(cd worker && exec ip netns exec "$there" "$lorad" worker --join-file ../join --name there --state state) \
    >worker.log 2>&1 &
worker=$!
pids="$pids $worker"

await "step 2" has_steps 2
cut_link
sleep "$outage"
has_steps "$steps" && fail "the run was over before the link broke down"
mend_link
await "the end of the run" has_ended "$coordinator"
wait "$coordinator" || fail "the coordinator ended with an error"
await "the worker's end" has_ended "$worker"
wait "$worker" || fail "the worker ended with an error"

cmp alone/adapter_model.safetensors out/adapter_model.safetensors || fail "the adapter is not that of lorad train"
echo "PASS: $steps steps over $link with ${delay} ms delay, $loss % loss and ${outage} s of silence end with the adapter" \
    "of lorad train, after $(($(date +%s) - start)) s"
