#!/usr/bin/env bash
# Trains the shipped model from data: reproduce.sh DATA EVAL RUN
# DATA: folder of training data; EVAL: folder of validation.json and score.py; RUN: an empty folder, or an unfinished run.
# Every stage resumes. The figures come from models trained without the validation recordings; the shipped heads use all.
set -euo pipefail
data=$1 eval=$2 run=$3
export OMP_WAIT_POLICY=passive  # threads that busy-wait slow each other down on few cores

score() { # score NAME [options of `loglm heads`]: trains heads, exports a model folder and evaluates it
    local name=$1
    shift
    loglm heads --run "$run" --heads "$run/$name" "$@"
    loglm sequence --run "$run" --heads "$run/$name"
    loglm export --run "$run" --heads "$run/$name" --out "$run/$name/model"
    loglm evaluate --model "$run/$name/model" --data "$data" --split "$eval/validation.json" \
        --scorer "$eval/score.py" --out "$run/$name/report"
}

loglm corpus --data "$data" --split "$eval/validation.json" --run "$run"  # 3 minutes
loglm pretrain --run "$run"                                               # 33 minutes, one core
loglm distil --run "$run"                                                 # 12 minutes, one core
score scored                                                              # 14 minutes, 2 of them for the features
loglm evaluate --model "$run/scored/model" --profile fast --data "$data" --split "$eval/validation.json" \
    --scorer "$eval/score.py" --out "$run/scored/fast"                    # 4 minutes
score without-atomic --without-atomic                                     # 12 minutes: atomic_evtx holds the same tests
loglm heads --run "$run" --heads "$run/shipped" --everything              # 6 minutes
loglm sequence --run "$run" --heads "$run/shipped"                        # 5 minutes
loglm export --run "$run" --heads "$run/shipped" --out "$run/model" \
    --report "$run/scored/report/report.json" --atomic-report "$run/without-atomic/report/report.json"
