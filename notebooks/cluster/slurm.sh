#!/bin/bash
# A sweep of archsim as an array of Slurm jobs, a shard each, on a file system that all nodes see:
#
#   sbatch --array=1-64 --export=ALL,SHARDS=64,STUDY=study slurm.sh models/shop.ron --vary services.shop.replicas=1..64
#   archsim merge study/shard-* --into study        # when all are done
#
# A job that is preempted, killed or out of time goes on where it was when it is queued again: only what was in flight is
# lost. To run some shards again, name them with --array; SHARDS stays.
#SBATCH --job-name=archsim
#SBATCH --cpus-per-task=4
#SBATCH --mem=1G
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%a.log
set -euo pipefail

: "${SHARDS:?how many shards there are}" "${STUDY:?the folder of the study}"
: "${SLURM_ARRAY_TASK_ID:?submit this with sbatch --array=1-$SHARDS}"
if [ "$#" -eq 0 ]; then
  echo "usage: sbatch --array=1-N --export=ALL,SHARDS=N,STUDY=FOLDER $0 MODEL FLAGS-OF-ARCHSIM-SWEEP..." >&2
  exit 2
fi

mkdir -p "$STUDY"
exec archsim sweep "$@" \
  --dir "$STUDY/shard-$SLURM_ARRAY_TASK_ID" \
  --shard "$SLURM_ARRAY_TASK_ID/$SHARDS" \
  --jobs "${SLURM_CPUS_PER_TASK:-1}"
