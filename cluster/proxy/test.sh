#!/bin/sh
# Two sites and a coordinator on this machine, as the internet has them: each in network namespaces of its own, each site
# behind its own NAT, one of them with no way out but a proxy, the coordinator behind nginx on port 443, and bad links
# between. A distributed run must end with the adapter of loopback byte for byte, and a masked federated run with the same adapter
# as over loopback, but for the rounding of masks.
set -eu

usage() {
    cat <<'TEXT'
Usage: cluster/proxy/test.sh [-r ROUNDS] [-t STEPS] [-d MS] [-l PERCENT] [-b MBIT] [-s STRANGERS]

  -r ROUNDS     rounds of the masked run; 2 unless given
  -t STEPS      steps of the distributed run; 20 unless given
  -d MS         by how much each packet is late, each way; 40 unless given, a round trip of 80
  -l PERCENT    how many packets are lost; 2 unless given
  -b MBIT       megabits a second of each site's link; 5 unless given
  -s STRANGERS  handshakes of strangers during the run; 300 unless given

Prints PASS or FAIL, or 'skipped: …' with the reason where this machine cannot have such a network: it takes root, iproute2,
iptables, nginx, tinyproxy, openssl, python3, and either a kernel with tc-netem or /dev/net/tun. The lorad that is used is
$LORAD, else .build/release/lorad.
TEXT
}

rounds=2
steps=20
delay=40
loss=2
rate=5
strangers=300
while getopts hr:t:d:l:b:s: option; do
    case $option in
    r) rounds=$OPTARG ;;
    t) steps=$OPTARG ;;
    d) delay=$OPTARG ;;
    l) loss=$OPTARG ;;
    b) rate=$OPTARG ;;
    s) strangers=$OPTARG ;;
    h) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done

cd "$(dirname "$0")/../.."
root=$PWD
lorad=$(realpath "${LORAD:-.build/release/lorad}")
[ -x "$lorad" ] || {
    echo "test.sh: there is no $lorad: build it with 'make build', or set LORAD" >&2
    exit 2
}
# A proxy of this machine's own is no part of the test.
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY || true

work=$(mktemp -d)
name=lorad-$$
world=$name-world
gate_a=$name-gate-a
site_a=$name-site-a
gate_b=$name-gate-b
proxy_b=$name-proxy-b
site_b=$name-site-b
spaces="$world $gate_a $site_a $gate_b $proxy_b $site_b"
pids=
clean() {
    trap '' INT TERM EXIT
    for pid in $pids; do kill -s KILL "$pid" 2>/dev/null || true; done
    for space in $spaces; do
        ip netns del "$space" 2>/dev/null || true
        rm -rf "/etc/netns/$space"
    done
    rmdir /etc/netns 2>/dev/null || true
    if [ -n "${KEEP:-}" ]; then echo "left in $work"; else rm -rf "$work"; fi
}
trap clean EXIT
trap 'exit 130' INT TERM

skip() {
    echo "skipped: $1"
    exit 0
}
fail() {
    echo "FAIL: $1"
    for log in "$work"/*.log; do tail -n 15 "$log" | sed "s|^|  $(basename "$log" .log): |"; done
    exit 1
}
in_space() { ip netns exec "$@"; }
await() {
    what=$1
    shift
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 6000 ] || fail "$what did not come in ten minutes"
        sleep 0.1
    done
}
has_text() { [ -s "$1" ]; }
has_ended() { ! kill -0 "$1" 2>/dev/null; }
answers() { in_space "$world" python3 -c "import socket; socket.create_connection(('203.0.113.1', 443), 1)" 2>/dev/null; }

for program in ip tc iptables nginx tinyproxy openssl python3; do
    command -v "$program" >/dev/null || skip "$program is missing: install iproute2 iptables nginx tinyproxy openssl python3"
done
for space in $spaces; do
    ip netns add "$space" 2>"$work/reason" || skip "no network namespace can be made ($(cat "$work/reason"))"
    ip -n "$space" link set lo up
done

# --- Bad links between the world and each site's gate.

bad_link() {
    gate=$1 device=$2
    if ip link add name "$device" netns "$world" type veth peer name "$device" netns "$gate" &&
        for space in "$world" "$gate"; do
            in_space "$space" tc qdisc replace dev "$device" root netem delay "${delay}ms" loss "$loss%" rate "${rate}mbit"
        done; then
        link=tc-netem
        return
    fi 2>"$work/reason"
    ip -n "$world" link del "$device" 2>/dev/null || true
    [ -c /dev/net/tun ] || skip "there is neither tc-netem nor a tun device ($(tr '\n' ' ' <"$work/reason"))"
    python3 cluster/network/relay.py "$world" "$gate" "$delay" "$loss" "$work/cut-$device" "${rate}e6" "$device" \
        >"$work/ready-$device" 2>"$work/reason" &
    relay=$!
    pids="$pids $relay"
    until has_text "$work/ready-$device" || has_ended "$relay"; do sleep 0.1; done
    has_text "$work/ready-$device" || skip "there is neither tc-netem nor a tun device ($(tr '\n' ' ' <"$work/reason"))"
    link="a relay"
}
cable() { # from one namespace to another, both with addresses
    ip link add name "$2" netns "$1" type veth peer name "$5" netns "$4"
    ip -n "$1" address add "$3" dev "$2"
    ip -n "$4" address add "$6" dev "$5"
    ip -n "$1" link set "$2" up
    ip -n "$4" link set "$5" up
}
gate() { # lets a site out by the gate's own address
    in_space "$1" sysctl -qw net.ipv4.ip_forward=1
    in_space "$1" iptables -t nat -A POSTROUTING -o "$2" -j MASQUERADE 2>"$work/reason" ||
        skip "there is no NAT ($(tr '\n' ' ' <"$work/reason"))"
}

bad_link "$gate_a" wire-a
bad_link "$gate_b" wire-b
ip -n "$world" address add 203.0.113.1/32 dev lo
ip -n "$world" address add 192.0.2.1/30 dev wire-a
ip -n "$gate_a" address add 192.0.2.2/30 dev wire-a
ip -n "$world" address add 192.0.2.5/30 dev wire-b
ip -n "$gate_b" address add 192.0.2.6/30 dev wire-b
for end in "$world wire-a" "$gate_a wire-a" "$world wire-b" "$gate_b wire-b"; do
    ip -n "${end% *}" link set "${end#* }" up
done
ip -n "$gate_a" route add default via 192.0.2.1
ip -n "$gate_b" route add default via 192.0.2.5
cable "$gate_a" inside 10.1.0.1/24 "$site_a" outside 10.1.0.2/24
cable "$gate_b" inside 10.3.0.1/24 "$proxy_b" outside 10.3.0.2/24
cable "$proxy_b" inside 10.2.0.1/24 "$site_b" outside 10.2.0.2/24
ip -n "$site_a" route add default via 10.1.0.1
ip -n "$proxy_b" route add default via 10.3.0.1
# Site B's machines have a route to the proxy's machine, which forwards nothing.
ip -n "$site_b" route add default via 10.2.0.1
gate "$gate_a" wire-a
gate "$gate_b" wire-b
# Only the proxy of site B can look the coordinator's name up.
for space in "$site_a" "$proxy_b"; do
    mkdir -p "/etc/netns/$space"
    printf '127.0.0.1 localhost\n203.0.113.1 lorad.test\n' >"/etc/netns/$space/hosts"
done

# --- An authority of its own, nginx with the shipped configuration, and two proxies: with a password and without.

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/ca.key" -out "$work/ca.pem" \
    -subj "/CN=Hospital" -days 2 2>"$work/reason"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/server.key" -out "$work/server.csr" \
    -subj "/CN=lorad.test" 2>"$work/reason"
printf 'subjectAltName=DNS:lorad.test\n' >"$work/names"
openssl x509 -req -in "$work/server.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 2 \
    -extfile "$work/names" -out "$work/server.pem" 2>"$work/reason"
sed -e "s|lorad.example.org;|lorad.test;|" -e "s|/etc/ssl/lorad/certificate.pem|$work/server.pem|" \
    -e "s|/etc/ssl/private/lorad.pem|$work/server.key|" cluster/proxy/nginx.conf >"$work/site.conf"
cat >"$work/nginx.conf" <<CONF
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log;
worker_processes 1;
events { worker_connections 1024; }
http {
    client_body_temp_path $work/body;
    proxy_temp_path $work/proxied;
    fastcgi_temp_path $work/fastcgi;
    uwsgi_temp_path $work/uwsgi;
    scgi_temp_path $work/scgi;
    include $work/site.conf;
}
CONF
chmod 755 "$work"
in_space "$world" nginx -c "$work/nginx.conf" -e "$work/nginx.log" &
pids="$pids $!"
proxy() {
    printf 'Port %s\nListen 10.2.0.1\nTimeout 600\nMaxClients 100\nConnectPort 443\nLogFile "%s"\n%s\n' \
        "$1" "$work/proxy-$1.log" "$2" >"$work/tinyproxy-$1.conf"
    in_space "$proxy_b" tinyproxy -d -c "$work/tinyproxy-$1.conf" >"$work/tinyproxy-$1.out" 2>&1 &
    pids="$pids $!"
}
proxy 3128 "BasicAuth site secret"
proxy 3129 ""

# --- The run, first over loopback.

fixture=$root/Tests/Fixtures/tiny-llava
"$lorad" partition --data "$fixture/data/train.json" --parts 4 --by iid --output "$work/parts" >"$work/partition.log" 2>&1 ||
    fail "lorad partition does not work"
cat >"$work/run.yaml" <<YAML
run: proxies
model: { path: $fixture/model }
adapter: { r: 4, lora_alpha: 8, target_modules: '.*language_model.*_proj' }
training:
  { learning_rate: 5e-3, lr_scheduler_type: constant, per_device_train_batch_size: 4, output_dir: out }
federation: { mode: federated, min_workers: 4, rounds: $rounds, local_steps: 2, worker_timeout: 20 }
privacy: { secure_aggregation: { enabled: true } }
YAML
cat >"$work/plain.yaml" <<YAML
run: plain
model: { path: $fixture/model }
adapter: { r: 4, lora_alpha: 8, target_modules: '.*language_model.*_proj' }
data: { train: $fixture/data/train.json, images: $fixture/data/pictures }
training: { learning_rate: 5e-3, per_device_train_batch_size: 4, max_steps: $steps, output_dir: out }
federation: { min_workers: 2, worker_timeout: 20 }
YAML
cd "$work"
config=run.yaml
coordinate() { # STATE OUTPUT OPTIONS…
    state=$1 output=$2
    shift 2
    rm -f "$state.join"
    in_space "$world" "$lorad" coordinator --config "$config" --set "training.output_dir=$output" --state "$state" \
        --token-uses 4 --join-file "$state.join" "$@" >"$state.log" 2>&1 &
    coordinator=$!
    pids="$pids $coordinator"
    until has_text "$state.join" || has_ended "$coordinator"; do sleep 0.1; done
    has_text "$state.join" || fail "the coordinator does not start"
}
start_worker() { # NAMESPACE STATE NUMBER OPTIONS…
    space=$1 state=$2 number=$3
    shift 3
    # In the distributed run, data and model come from the coordinator.
    if [ "$config" = run.yaml ]; then set -- --data "parts/part-$number.json" --images "$fixture/data/pictures" "$@"; fi
    in_space "$space" "$lorad" worker --join-file "$state.join" --name "worker-$number" --state "$state-$number" \
        --lanes 1 "$@" >"$state-$number.log" 2>&1 &
    workers="$workers $!"
    pids="$pids $!"
}
finish() {
    await "the end of the run" has_ended "$coordinator"
    wait "$coordinator" || fail "the coordinator ended with an error"
    for worker in $workers; do
        await "a worker's end" has_ended "$worker"
        wait "$worker" || fail "a worker ended with an error"
    done
}

workers=
coordinate loopback alone --listen tcp://127.0.0.1:7800
for number in 1 2 3 4; do start_worker "$world" loopback "$number"; done
finish

config=plain.yaml workers=
coordinate plain-loopback plain-alone --listen tcp://127.0.0.1:7800
for number in 1 2; do start_worker "$world" plain-loopback "$number"; done
finish
config=run.yaml

# --- And through the proxies, among strangers.

start=$(date +%s)
workers=
coordinate proxied out --listen ws://127.0.0.1:7700 --advertise wss://lorad.test/lorad
await "nginx" answers

# What cannot work says why, and ends.
refused() { # NAMESPACE WORDS OPTIONS…
    space=$1 words=$2
    shift 2
    if in_space "$space" timeout 60 "$lorad" worker --join-file proxied.join --name refused --state refused --lanes 1 \
        "$@" >refused.log 2>&1; then fail "a worker got in that should have been refused: $words"; fi
    grep -q "$words" refused.log || fail "a worker that was refused does not say '$words'"
    rm refused.log
}
refused "$site_a" "certificate" # without the authority
refused "$site_b" "asks for a password" --ca-file ca.pem --proxy http://10.2.0.1:3128
HTTPS_PROXY=http://site:wrong@10.2.0.1:3128 refused "$site_b" "refuses the user name or the password" --ca-file ca.pem

(umask 077 && echo site:secret >password)
start_worker "$site_a" proxied 1 --ca-file ca.pem
start_worker "$site_a" proxied 2 --ca-file ca.pem
start_worker "$site_b" proxied 3 --ca-file ca.pem --proxy http://10.2.0.1:3128 --proxy-auth-file password
HTTPS_PROXY=http://10.2.0.1:3129 start_worker "$site_b" proxied 4 --ca-file ca.pem
in_space "$world" python3 "$root/cluster/proxy/strangers.py" 203.0.113.1 443 /lorad "$strangers" tls >strangers.log 2>&1 &
outside=$!
in_space "$world" python3 "$root/cluster/proxy/strangers.py" 127.0.0.1 7700 /lorad "$strangers" >>strangers-near.log 2>&1 &
inside=$!
pids="$pids $outside $inside"
finish
await "the strangers' end" has_ended "$outside"
await "the strangers' end" has_ended "$inside"

# Values are rounded at random under masks, each run anew.
python3 - alone/adapter_model.safetensors out/adapter_model.safetensors >difference.log 2>&1 <<'PYTHON' || fail "the adapter is not that of the run over loopback"
import json, struct, sys

def tensors(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    body = memoryview(data)[8 + size :]
    return {name: body[slice(*entry["data_offsets"])].cast("f") for name, entry in header.items()}

alone, out = map(tensors, sys.argv[1:])
assert alone.keys() == out.keys(), "other tensors"
largest = max(abs(x - y) for name in alone for x, y in zip(alone[name], out[name], strict=True))
print(f"largest difference: {largest:.1e}")
assert largest < 1e-5, "the adapters differ"
PYTHON
for port in 3128 3129; do grep -q CONNECT "proxy-$port.log" || fail "the proxy on port $port saw no CONNECT"; done
masked=$(($(date +%s) - start))

# --- A distributed run, of a worker at each site: nothing is rounded there.

start=$(date +%s)
config=plain.yaml workers=
coordinate plain plain-out --listen ws://127.0.0.1:7700 --advertise wss://lorad.test/lorad
start_worker "$site_a" plain 1 --ca-file ca.pem
start_worker "$site_b" plain 2 --ca-file ca.pem --proxy http://10.2.0.1:3128 --proxy-auth-file password
finish
cmp plain-alone/adapter_model.safetensors plain-out/adapter_model.safetensors ||
    fail "the adapter of the distributed run is not that of loopback"
echo "PASS: $rounds masked rounds of four workers at two sites, one behind a proxy, over $link with $((2 * delay)) ms round trip," \
    "$loss % loss and $rate Mbit/s, among $((2 * strangers)) strangers, end with the adapter of loopback but for rounding ($(cat difference.log)), after" \
    "$masked s"
echo "PASS: $steps steps of a distributed run of two workers, one behind a proxy, end with the adapter of loopback byte for byte, after" \
    "$(($(date +%s) - start)) s"
