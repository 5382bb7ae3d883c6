#!/bin/bash
# Runs the batch scripts of this folder on a real Slurm: slurmctld, munged and four slurmd on this machine, in a temporary folder.
# Needs the Debian packages slurm-wlm and munge, a lorad (LORAD, .build/release/lorad unless given), and no rights beyond the
# user's own. Takes about ten minutes:
#     cluster/slurm/test.sh [requeue] [array] [federated] [runs]
# REQUEUES is how often the first check preempts or requeues its job, 20 unless given; STEPS how many steps runs take (fewer for a
# slow machine); KEEP=1 keeps the folder.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
lorad=$(realpath "${LORAD:-$root/.build/release/lorad}")
requeues=${REQUEUES:-20}

fail() {
    echo "test.sh: $1" >&2
    exit 1
}
say() { echo "$(date +%T) $*"; }

for program in slurmctld slurmd munged sbatch; do
    PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || fail "there is no $program: apt-get install slurm-wlm munge"
done
[ -x "$lorad" ] || fail "$lorad: no such program: make build, or set LORAD"
PATH=$PATH:/usr/sbin
folder=$(mktemp -d /tmp/lorad-slurm.XXXXXX)
chmod 755 "$folder"
export SLURM_CONF=$folder/slurm.conf LORAD=$lorad

# --- The cluster

configure() {
    local host port
    host=$(hostname -s)
    port=$((20000 + RANDOM % 10000))
    cat >"$SLURM_CONF" <<TEXT
ClusterName=lorad
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
AuthType=auth/munge
# A requeued job starts again after as many seconds; 120 by default.
AuthInfo=socket=$folder/munge.socket,cred_expire=5
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
StateSaveLocation=$folder/controller
SlurmdSpoolDir=$folder/%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/%n.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/%n.log
# Real clusters have proctrack/cgroup and task/cgroup; several slurmd on one machine do without.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/${TASK_PLUGIN:-affinity}
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
ReturnToService=2
SlurmdTimeout=10
KillWait=10
SchedulerParameters=sched_interval=1,bf_interval=1
NodeName=n[1-4] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + 4))] CPUs=$(nproc) RealMemory=4000
PartitionName=low Nodes=ALL Default=YES PriorityTier=1
PartitionName=high Nodes=ALL PriorityTier=2 PreemptMode=OFF
TEXT
}

start_node() {
    mkdir -p "$folder/$1"
    slurmd -N "$1" -f "$SLURM_CONF"
}

up() {
    mkdir "$folder/controller"
    head -c 1024 /dev/urandom >"$folder/munge.key"
    chmod 400 "$folder/munge.key"
    munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
        --log-file="$folder/munged.log" --seed-file="$folder/munged.seed"
    configure
    slurmctld -c -f "$SLURM_CONF"
    for node in n1 n2 n3 n4; do start_node "$node"; done
    await 60 "four idle nodes" four_are_idle
}
four_are_idle() { [ "$(sinfo -h -p low -t idle -o %D 2>/dev/null)" = 4 ]; }

# A process and all that it has started, by their numbers.
tree() {
    local child
    for child in $(pgrep -P "$1" || true); do tree "$child"; done
    echo "$1"
}

# Whether a process has a node's files open: its slurmd, and the daemon of a step there, which is a child of init.
belongs_to() { find "/proc/$2/fd" -lname "$folder/$1*" 2>/dev/null | grep -q .; }

# What a power cut does to a node: its slurmd and everything that it runs are gone at once.
kill_node() {
    local pids pid
    pids=$(
        for pid in $(pgrep slurmd) $(pgrep slurmstepd || true); do
            if belongs_to "$1" "$pid"; then tree "$pid"; fi
        done
    )
    # shellcheck disable=SC2086
    kill -KILL $pids
}

down() {
    local status=$? name
    trap - EXIT
    scancel --quiet --full --user="$(id -un)" 2>/dev/null || true
    sleep 2
    for name in n1 n2 n3 n4 slurmctld munged; do
        [ ! -s "$folder/$name.pid" ] || kill "$(cat "$folder/$name.pid")" 2>/dev/null || true
    done
    if [ "$status" -eq 0 ] && [ -z "${KEEP:-}" ]; then
        # The daemons write until they are gone.
        for _ in $(seq 50); do if rm -rf "$folder" 2>/dev/null; then break; else sleep 0.2; fi; done
    else
        echo "everything is in $folder" >&2
    fi
    exit "$status"
}

# --- Waiting

# Waits for a condition: await SECONDS WHAT COMMAND…
await() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "$what did not come in time"
        sleep 0.2
    done
}
state_of() { squeue -h -t all -j "$1" -o %T 2>/dev/null | head -n 1; }
is_running() { [ "$(state_of "$1")" = RUNNING ]; }
has_ended() { case $(state_of "$1") in COMPLETED | FAILED | TIMEOUT | CANCELLED | NODE_FAIL | '') true ;; *) false ;; esac }
log_of() { cat lorad-"$1".log 2>/dev/null || true; }
steps_done() { log_of "$1" | grep -c '^step [0-9]*/' || true; }
# Whether a job has started so often, and serves its workers.
has_worked() { [ "$(log_of "$1" | grep -c ' listens at ')" -gt "$2" ] && is_running "$1"; }
expect_success() {
    await "$2" "the end of job $1" has_ended "$1"
    [ "$(state_of "$1")" = COMPLETED ] || fail "job $1 is $(state_of "$1")"
}
random_sleep() { sleep "$((RANDOM % $1)).$((RANDOM % 1000 + 1000))"; }

# --- The work, as a user prepares it: the tiny model and data of this repository, and copies of the batch scripts

# prepare NAME RUN_FILE…: a folder with the data, and what --set would change as `sed` expressions.
prepare() {
    mkdir "$folder/$1"
    cd "$folder/$1"
    cp -r "$root/Tests/Fixtures/tiny-llava" .
    sed "s|Tests/Fixtures/||; s|output_dir: out/.*|output_dir: out|; $3" "$root/configs/$2" >run.yaml
    cp "$here"/*.sbatch .
}
expect_same() {
    [ -s alone/adapter_model.safetensors ] ||
        "$lorad" train --config run.yaml --set training.output_dir=alone >alone.log 2>&1
    cmp out/adapter_model.safetensors alone/adapter_model.safetensors || fail "the adapter differs from that of lorad train"
}

# --- The checks

# One job is preempted or requeued at random moments, and ends with the bytes of lorad train.
requeue() {
    local job count high
    say "requeue: $requeues preemptions and requeues of one job, at random moments"
    prepare requeue tiny-distributed.yaml "s/num_train_epochs: .*/max_steps: ${STEPS:-1500}/; s/logging_steps: 5/logging_steps: 50/"
    job=$(sbatch --parsable job.sbatch)
    for count in $(seq 0 $((requeues - 1))); do
        await 90 "start $((count + 1))" has_worked "$job" "$count"
        random_sleep 5
        is_running "$job" || fail "job $job is over after $count requeues: raise STEPS"
        if [ $((RANDOM % 2)) -eq 0 ]; then
            scontrol requeue "$job"
        else
            high=$(sbatch --parsable -p high --nodes=4 --exclusive --output=/dev/null --wrap 'sleep 1')
            await 60 "the end of the job that preempts" has_ended "$high"
        fi
    done
    expect_success "$job" 900
    count=$(log_of "$job" | grep -c '^start ')
    [ "$count" -gt "$requeues" ] || fail "the job was started $count times only"
    expect_same
    say "requeue: $count starts, stopped after steps $(log_of "$job" |
        sed -n 's/.*stopped after step \([0-9]*\) of.*/\1/p' | tr '\n' ' ')and the adapter of lorad train to the last byte"
}

# A coordinator and an array of workers: tasks are cancelled, requeued and added, and the coordinator is requeued.
array() {
    local coordinator first more event task
    say "array: workers come and go"
    prepare array tiny-distributed.yaml "s/num_train_epochs: .*/max_steps: ${STEPS:-1500}/; s/logging_steps: 5/logging_steps: 50/; s/worker_timeout: 30/worker_timeout: 2/"
    sed -i 's/cpus-per-task=2/cpus-per-task=1/; s/--array=1-8/--array=1-3/' coordinator.sbatch workers.sbatch
    # The workers come first, to a folder with what an earlier run left.
    mkdir lorad-state
    touch -d '1 hour ago' lorad-state/ended
    first=$(sbatch --parsable workers.sbatch)
    await 60 "the first worker" test -s "lorad-$first-1.log"
    sleep 3
    coordinator=$(sbatch --parsable coordinator.sbatch)
    await 60 "the first steps" has_steps "$coordinator" 1
    for event in cancel requeue requeue coordinator; do
        random_sleep 4
        is_running "$coordinator" || fail "job $coordinator is over before workers have come and gone: raise STEPS"
        task=${first}_$((RANDOM % 3 + 1))
        case $event in
        cancel) scancel "${first}_1" ;;
        requeue) scontrol requeue "$task" || true ;;
        coordinator) scontrol requeue "$coordinator" ;;
        esac
        say "array: $event"
    done
    more=$(sbatch --parsable --array=1-2 workers.sbatch)
    expect_success "$coordinator" 900
    await 60 "the end of all workers" no_jobs
    expect_same
    say "array: $(cat lorad-"$first"-*.log lorad-"$more"-*.log | grep -c '^start ') starts of workers, $(log_of "$coordinator" |
        grep -c '^start ') of the coordinator, and the adapter of lorad train to the last byte"
}
has_steps() { [ "$(steps_done "$1")" -ge "$2" ]; }
no_jobs() { [ -z "$(squeue -h)" ]; }

# Four sites with masks; a node dies without a word.
federated() {
    local job
    say "federated: four workers with masked updates, of which one loses its node"
    prepare federated tiny-federated.yaml "s/rounds: 6/rounds: 60/; s/min_workers: 2/min_workers: 3/; s/aggregation: flexlora/aggregation: mean/; s/round_deadline: 600/round_deadline: 600\n  worker_timeout: 3\n  max_examples_weight: 100/"
    echo 'privacy: { secure_aggregation: { enabled: true } }' >>run.yaml
    "$lorad" partition --data tiny-llava/data/train.json --parts 4 --output parts >/dev/null
    sed -i 's/--nodes=2/--nodes=4/; s/cpus-per-task=2/cpus-per-task=1/' job.sbatch
    # shellcheck disable=SC2016
    sed -i 's|^options=$|options='\''--data parts/part-$((SLURM_PROCID + 1)).json --images tiny-llava/data/pictures'\''|' job.sbatch
    job=$(sbatch --parsable job.sbatch)
    await 90 "the third round" has_rounds "$job" 3
    kill_node n4
    say "federated: node n4 is dead"
    expect_success "$job" 600
    [ -s out/adapter_model.safetensors ] || fail "there is no adapter"
    log_of "$job" | grep -q '^round 60/60 .* 3 results' || fail "the last round has not the results of three workers"
    say "federated: $(log_of "$job" | grep -c '^round .* 4 results') lines of rounds with four workers, $(log_of "$job" |
        grep -c '^round .* 3 results') with three"
    start_node n4
    await 60 "four idle nodes" four_are_idle
}
has_rounds() { [ "$(log_of "$1" | grep -c '^round [0-9]*/')" -ge "$2" ]; }

# Many runs on one allocation, which is requeued once.
runs() {
    local job number
    say "runs: six runs, two at a time, on one allocation"
    prepare runs tiny-distributed.yaml "s/num_train_epochs: .*/max_steps: ${STEPS:-600}/; /^federation:/,\$d"
    mkdir runs
    for number in 1 2 3 4 5 6; do
        sed "s/^run: .*/run: run-$number/; s|output_dir: out|output_dir: out/$number|; s/max_steps/seed: $number\n  max_steps/" \
            run.yaml >"runs/$number.yaml"
    done
    sed -i 's/--ntasks-per-node=2/--ntasks-per-node=1/' runs.sbatch
    job=$(sbatch --parsable runs.sbatch)
    await 60 "a run's first checkpoint" test -d out/1
    random_sleep 2
    scontrol requeue "$job"
    expect_success "$job" 600
    for number in 1 2 3 4 5 6; do
        "$lorad" train --config "runs/$number.yaml" --set "training.output_dir=alone/$number" >/dev/null 2>&1
        cmp "out/$number/adapter_model.safetensors" "alone/$number/adapter_model.safetensors" ||
            fail "the adapter of run $number differs from that of a run that was not stopped"
    done
    say "runs: $(log_of "$job" | grep -c '^start ') starts, six adapters as those of runs that were not stopped"
}

trap down EXIT
trap 'exit 1' INT TERM
up
say "$(slurmctld -V), four nodes; $("$lorad" --version | head -n 1)"
[ $# -gt 0 ] || set -- requeue array federated runs
for check; do "$check"; done
say "all is well"
