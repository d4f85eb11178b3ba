#!/usr/bin/env bash
# A walk through the commands, in the folder of this script. Runs go to the project around it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

gflowspec check rucksack.gfs -v
gflowspec fmt --check rucksack.gfs

# Walk by hand: pack two things, take one out again.
gflowspec step rucksack.gfs --do "pack(i=5)" --do "pack(i=0)" --undo "pack(i=5)"

# What was derived from one line of the file.
gflowspec explain rucksack.gfs:rucksack.pack
gflowspec graph rucksack.gfs --as dot | head -n 5

gflowspec plan rucksack.gfs -s train.trajectories=8_000
gflowspec run rucksack.gfs -s train.trajectories=8_000 --tracker none
gflowspec sample rucksack -n 5
gflowspec ls -n 3
