#!/bin/sh
# Shares a run over workers on this machine: starts a coordinator and N workers, waits for the end, stops all on Ctrl-C.
set -eu

usage() {
    cat <<'TEXT'
Usage: cluster/local/run.sh RUN.yaml [-n WORKERS] [-s STATE] [-- OPTIONS OF lorad coordinator]

  -n WORKERS   how many workers to start; 2 unless given
  -s STATE     the folder for keys, the run's state and the workers' logs; out/state unless given

The lorad that is used is $LORAD, else .build/release/lorad, else the one on the PATH. The same command goes on with a run
that was interrupted; -- --overwrite begins it anew.
TEXT
}

fail() {
    echo "run.sh: $1" >&2
    exit "${2:-1}"
}

find_lorad() {
    if [ -n "${LORAD:-}" ]; then
        echo "$LORAD"
    elif [ -x .build/release/lorad ]; then
        echo .build/release/lorad
    else
        command -v lorad || fail "there is no lorad: build it with 'make build', or set LORAD"
    fi
}

case "${1:-}" in
'' | -h | --help)
    usage
    [ -n "${1:-}" ] && exit 0 || exit 2
    ;;
esac
config=$1
shift
workers=2
state=out/state
while getopts n:s: option; do
    case $option in
    n) workers=$OPTARG ;;
    s) state=$OPTARG ;;
    *) usage >&2 && exit 2 ;;
    esac
done
shift $((OPTIND - 1))
case $workers in
'' | *[!0-9]* | 0) fail "-n $workers: expected a number of workers, 1 at least" 2 ;;
esac
lorad=$(find_lorad)
lanes=$(($(getconf _NPROCESSORS_ONLN) / workers))
[ "$lanes" -ge 1 ] || lanes=1
mkdir -p "$state"
join=$state/join-line
rm -f "$join"

# With job control Ctrl-C comes to this script alone: lorad takes a second signal as an order to drop everything.
if [ -t 0 ]; then set -m; fi
pids=
stop() {
    trap '' INT TERM
    for pid in $pids; do kill -s TERM "$pid" 2>/dev/null || true; done
}
trap stop INT TERM

"$lorad" coordinator --config "$config" --listen tcp://127.0.0.1:0 --state "$state" --join-file "$join" \
    --token-uses "$workers" "$@" &
coordinator=$!
pids=$coordinator
while [ ! -s "$join" ] && kill -0 "$coordinator" 2>/dev/null; do sleep 0.2; done

number=0
while [ -s "$join" ] && [ "$number" -lt "$workers" ]; do
    number=$((number + 1))
    log=$state/worker-$number.log
    "$lorad" worker --join-file "$join" --state "$state" --name "worker-$number" --lanes "$lanes" \
        --model-root / >"$log" 2>&1 &
    pids="$pids $!"
done

# A wait that a signal interrupts is begun again.
status=0
wait "$coordinator" || status=$?
while kill -0 "$coordinator" 2>/dev/null; do
    status=0
    wait "$coordinator" || status=$?
done
# Workers leave by themselves when the run is done; where it was stopped they would wait for the coordinator to come back.
[ "$status" -eq 0 ] || stop
for pid in $pids; do wait "$pid" 2>/dev/null || true; done
rm -f "$join"
[ "$status" -eq 0 ] || [ "$number" -eq 0 ] || echo "run.sh: the workers' logs are $state/worker-*.log" >&2
exit "$status"
