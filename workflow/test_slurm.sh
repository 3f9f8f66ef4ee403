#!/usr/bin/env bash
# The workflow on a Slurm cluster of this one machine: a controller and two nodes of one CPU.
# A genome is scanned in one run, and then by the workflow in 1, 3 and 17 shards; in the second
# of these one job is killed (kill -9), and tried again. All four results must be the same.
#
#   workflow/test_slurm.sh WORK [SHARDS...]
#
#   WORK    an empty folder or one to make; 70 characters at most (paths of sockets), no spaces
#   SHARDS  numbers of shards; 1 3 17 unless named, and a job of the second is killed
#
# Needs sbatch, slurmctld, slurmd and munged (Debian: slurmctld slurmd slurm-client munge), and on
# PATH mirpre and snakemake with snakemake-executor-plugin-slurm. Nothing outside WORK is
# written, the network is the loopback interface, and what was started ends with the script.
set -euo pipefail

say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }
die() { say "FAILED: $*" >&2; exit 1; }

[ $# -ge 1 ] || { sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 2; }
ROOT=$(cd "$(dirname "$0")/.." && pwd -P)
mkdir -p "$1" && W=$(cd "$1" && pwd -P) && shift
[ -z "$(ls -A "$W")" ] || die "$W is not empty"
[[ $W != *[[:space:]]* ]] && [ ${#W} -le 70 ] || die "WORK: too long for sockets, or has spaces"
[ $# -gt 0 ] || set -- 1 3 17
PATH=$PATH:/usr/sbin:/sbin
for program in sbatch srun slurmctld slurmd munged mirpre snakemake; do
    type $program >/dev/null 2>&1 || die "no $program on PATH"
done
mkdir "$W"/{bin,munge,spool,state,log}

# --- What was started ends with this script, by process id.
pids=() flow=
finish() {
    local status=$? i
    trap - EXIT INT TERM
    set +e
    [ -z "$flow" ] || kill "$flow" 2>/dev/null
    [ ${#pids[@]} -lt 2 ] || timeout 10 scancel -u "$(id -un)"
    sleep 2
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null; done
    wait
    say "exit status $status"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# --- The cluster: no systemd, no cgroups, no database.
HOST=$(hostname -s)
ADDR=$(getent ahostsv4 "$HOST" | awk 'NR == 1 { print $1 }') || true
BIND="CommunicationParameters=NoInAddrAny,NoCtldInAddrAny"
[[ $ADDR == 127.* ]] || { ADDR=127.0.0.1 BIND="# the daemons listen on all addresses"; }
read -r PORT PORT1 PORT2 < <(python3 -c '
import socket
some = [socket.socket() for _ in range(3)]
for one in some:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in some))')
cat >"$W/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$HOST($ADDR)
SlurmctldPort=$PORT
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
$BIND
AuthType=auth/munge
AuthInfo=socket=$W/munge/socket
StateSaveLocation=$W/state
SlurmdSpoolDir=$W/spool/%n
SlurmctldPidFile=$W/state/slurmctld.pid
SlurmdPidFile=$W/state/slurmd.%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$W/log/jobs.txt
MpiDefault=none
MailProg=/bin/true
MinJobAge=3600
KillWait=2
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
NodeName=node1 NodeAddr=$ADDR Port=$PORT1 CPUs=1 RealMemory=4000
NodeName=node2 NodeAddr=$ADDR Port=$PORT2 CPUs=1 RealMemory=4000
PartitionName=test Nodes=node[1-2] Default=YES MaxTime=600 State=UP
END
export SLURM_CONF=$W/slurm.conf XDG_CACHE_HOME=$W/cache
# Within a job Snakemake's plugin drops SLURM_CONF before it calls srun.
printf '#!/bin/sh\nSLURM_CONF=%s exec %s "$@"\n' "$SLURM_CONF" "$(command -v srun)" >"$W/bin/srun"
chmod +x "$W/bin/srun"
PATH=$W/bin:$PATH
(umask 077 && dd if=/dev/urandom of="$W/munge/key" bs=128 count=1 status=none)
munged --foreground --force --key-file="$W/munge/key" --socket="$W/munge/socket" \
    --pid-file="$W/munge/pid" --seed-file="$W/munge/seed" --log-file="$W/munge/log" \
    >"$W/log/munged.txt" 2>&1 & pids+=($!)
for ((i = 0; i < 100; i++)); do [ -S "$W/munge/socket" ] && break; sleep 0.2; done
slurmctld -D >"$W/log/slurmctld.txt" 2>&1 & pids+=($!)
for node in node1 node2; do slurmd -D -N $node >"$W/log/$node.txt" 2>&1 & pids+=($!); done
for ((i = 0; i < 240; i++)); do
    [ "$(timeout 5 sinfo -h -N -t idle 2>/dev/null | wc -l)" = 2 ] && break
    sleep 0.5
done
[ $i -lt 240 ] || die "the nodes are not idle: see $W/log"
say "$(slurmctld -V), snakemake $(snakemake --version), $(mirpre --version): two nodes are up"

# --- A genome of three contigs with hairpins that were published, and one run.
python3 - "$ROOT/test-data/hairpins.fa" >"$W/genome.fa" <<'END'
import random
import sys

random.seed(1)
records = [record.split("\n", 1)[1] for record in open(sys.argv[1]).read().split(">")[1:]]
hairpins = ["".join(record.split()).upper().replace("U", "T") for record in records]
for contig, length in (("chr1", 240_000), ("chr2", 3_000), ("chr3", 120_000)):
    letters = "".join(random.choices("ACGT", k=length))
    for hairpin in hairpins * (length // 30_000):
        at = random.randrange(len(letters))
        letters = letters[:at] + hairpin + letters[at:]
    print(f">{contig}", *(letters[k : k + 80] for k in range(0, len(letters), 80)), sep="\n")
END
mkdir "$W/one" && cd "$W/one"
mirpre scan-genome "$W/genome.fa" --classify --all --q-values -t 1 -o calls.tsv 2>one.log
say "one run: $(grep -vc '^#' calls.tsv) lines, $(grep -c pre-miRNA calls.tsv) called," \
    "SHA-256 $(grep -v '^# command' calls.tsv | sha256sum | cut -c1-12)"

kill_one() { # FOLDER: kill -9 of the first scan there that is at work
    local i pid
    for ((i = 0; i < 3000; i++)); do
        for pid in $(pgrep -f "^[^ ]+ [^ ]*mirpre scan-genome $W/genome.fa .*--shard" || true); do
            if [ "$(readlink "/proc/$pid/cwd")" = "$W/$1" ] &&
                compgen -G "$W/$1/results/shards/*.resume" >/dev/null; then
                sleep 2
                tr '\0' ' ' <"/proc/$pid/cmdline" | sed 's/.*--shard \([^ ]*\).*/\1/' >"$W/killed"
                kill -9 "$pid" && return 0
            fi
        done
        sleep 0.1
    done
    return 1
}

number=0
for shards in "$@"; do
    number=$((number + 1))
    mkdir "$W/$shards" && cd "$W/$shards" && cp -r "$ROOT/config" .
    snakemake --snakefile "$ROOT/workflow/Snakefile" \
        --workflow-profile "$ROOT/workflow/profiles/slurm" --latency-wait 10 \
        --slurm-status-command squeue --slurm-init-seconds-before-status-checks 5 \
        --config genome="$W/genome.fa" shards="$shards" >"$W/log/$shards.txt" 2>&1 & flow=$!
    if [ $number = 2 ]; then
        kill_one "$shards" || die "nothing to kill: see log/$shards.txt"
        say "kill -9 of the scan of shard $(cat "$W/killed")"
    fi
    wait "$flow" || { tail -n 40 "$W/log/$shards.txt"; die "see log/$shards.txt"; }
    flow=
    # The workflow writes GFF3, too, which its command says.
    cmp <(sed 's/^\(# command: .*\) --also .*/\1/' results/calls.tsv) "$W/one/calls.tsv" ||
        die "$shards shards give another result"
    states=$(awk -v work="WorkDir=$W/$shards" 'index($0 " ", work " ") {
        for (i = 1; i <= NF; i++) if (sub(/^JobState=/, "", $i)) print $i }' "$W/log/jobs.txt" |
        sort | uniq -c | awk '{ print $1, $2 }' | xargs)
    say "$shards shards: the same to the byte; $(grep -vc '^#' results/mirnas.gff3) lines of" \
        "GFF3; jobs: $states"
    [ $number != 2 ] || [[ $states == *FAILED* ]] || die "no job has failed"
done
say "all results are the same as one run's"
