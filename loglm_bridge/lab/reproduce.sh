#!/usr/bin/env bash
# The shipped model from data, in order: reproduce.sh DATA EVAL RUN
# DATA: folder of training data; EVAL: folder of validation.json and score.py; RUN: an empty folder, or an unfinished run.
# Every stage resumes. The figures come from models that never saw the validation recordings; the shipped heads see all.
set -euo pipefail
data=$1 eval=$2 run=$3
export OMP_WAIT_POLICY=passive  # threads that wait actively starve each other on few cores

score() { # score NAME [options of loglm heads]: heads, a model folder and its figures
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
score scored                                                              # 14 minutes, 2 of them vectors
loglm evaluate --model "$run/scored/model" --profile fast --data "$data" --split "$eval/validation.json" \
    --scorer "$eval/score.py" --out "$run/scored/fast"                    # 4 minutes
score without-atomic --without-atomic                                     # 12 minutes: atomic_evtx holds these very tests
loglm heads --run "$run" --heads "$run/shipped" --everything              # 6 minutes
loglm sequence --run "$run" --heads "$run/shipped"                        # 5 minutes
loglm export --run "$run" --heads "$run/shipped" --out "$run/model" \
    --report "$run/scored/report/report.json" --atomic-report "$run/without-atomic/report/report.json"
