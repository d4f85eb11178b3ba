"""GFS330-359: what must be true of a reward and of objects, and how far it all is shown."""

from __future__ import annotations

from gflowspec.core.catalogue.entry import Code
from gflowspec.core.diagnostics import Severity

REWARDS: tuple[Code, ...] = (
    Code(
        code="GFS330",
        title="reward may be zero or negative",
        explanation="O8: the target distribution is proportional to R, and learning needs log R. "
        "Add a positive constant, or give a `floor`.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            reward Height() for Walk { R = x }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            reward Height() for Walk { R = x + 1 }
            """,
    ),
    Code(
        code="GFS332",
        title="reward may be infinite or not a number",
        explanation="O8: R must be finite on every state that ends a trajectory.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            reward Steep() for Walk { R = exp(400 * x) }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            reward Steep() for Walk { logR = 400 * x }
            """,
    ),
    Code(
        code="GFS333",
        title="reward is constant",
        severity=Severity.WARNING,
        explanation="All objects have the same reward; the target is the uniform distribution.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            reward Flat() for Walk { R = 2 }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            reward Slope() for Walk { R = 2 + x }
            """,
    ),
    Code(
        code="GFS334",
        title="slot or element may be empty",
        explanation="A slot is read where it may be `empty`. Test it first, as in "
        "`w[p] != empty and w[p] > 0`, or give a value for that case: `or_else(w[p], 0)`.",
        wrong="""
            gfs 1.0
            environment Pick() {
              state { w: array[2] of int[0..3]? = empty }
              action set(p in index(w), v in 0..3) { w[p] := v }
              stop
            }
            reward Total() for Pick { R = 1 + sum(w[p] for p in index(w)) }
            """,
        right="""
            gfs 1.0
            environment Pick() {
              state { w: array[2] of int[0..3]? = empty }
              action set(p in index(w), v in 0..3) { w[p] := v }
              stop
            }
            reward Total() for Pick { R = 1 + sum(or_else(w[p], 0) for p in index(w)) }
            """,
    ),
    Code(
        code="GFS335",
        title="objective needs the reward of partial states",
        explanation="This objective evaluates R before a trajectory ends, but the reward is "
        "defined on finished objects only.",
        reserved="No objective of it reads rewards of partial states.",
    ),
    Code(
        code="GFS336",
        title="target underflows",
        severity=Severity.WARNING,
        explanation="Log targets lie so far apart that the least likely objects have probability 0 "
        "in single precision. Training uses logs, so it is not harmed, but such objects are never "
        "sampled and exact distributions show zeros.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            reward Steep() for Walk { logR = 30 * x }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            reward Steep() for Walk { logR = 30 * x  beta = 1 / 2 }
            """,
    ),
    Code(
        code="GFS337",
        title="`mode when` never holds",
        severity=Severity.WARNING,
        explanation="No object satisfies the condition, so no mode can be found.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            reward Slope() for Walk { R = 2 + x  mode when x > 4 }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            reward Slope() for Walk { R = 2 + x  mode when x == 4 }
            """,
    ),
)

OBJECTS: tuple[Code, ...] = (
    Code(
        code="GFS340",
        title="several states give one object",
        severity=Severity.WARNING,
        explanation="O9: the target over objects is then R times the number of states that give "
        "the object.",
        wrong="""
            gfs 1.0
            environment Pair() {
              state { x: array[2] of int[0..1] = 0 }
              action add(i in index(x)) { x[i] += 1 }
              stop
              object x[0] + x[1]
            }
            """,
        right="""
            gfs 1.0
            environment Pair() {
              state { x: array[2] of int[0..1] = 0 }
              action add(i in index(x)) { x[i] += 1 }
              stop
            }
            """,
    ),
    Code(
        code="GFS341",
        title="parallel edges",
        severity=Severity.NOTE,
        explanation="Different actions lead from one state to the same child. Balance conditions "
        "and exact results count each of them; only `uniform` and `maxent` depend on how many "
        "there are.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action left() { x += 1 }
              action right() { x += 1 }
              stop
            }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            """,
    ),
    Code(
        code="GFS342",
        title="isomorphic states without a correction",
        severity=Severity.WARNING,
        explanation="States that are equal up to renumbering are counted separately.",
        reserved="`graph` and `symmetry` need language level 2 (GFS140).",
    ),
)

STRENGTHS: tuple[Code, ...] = (
    Code(
        code="GFS350",
        title="obligation below the required strength",
        explanation="`run` demands that O1 to O5 and O7 are shown at least at the declared scope. "
        "Declare a smaller `scope`, or pass `--allow-unproved`, which is recorded with the run.",
        verb="run",
        wrong="""
            gfs 1.0
            environment Maze(n: int[1..99] = 40) {
              state { x: array[n] of int[0..3] = 0 }
              action step(i in index(x)) when (x[i] ^ 2 + 3 * i) % 7 != 4 { x[i] += 1 }
              stop
            }
            reward Size() for Maze { R = 1 + sum(x) }
            experiment e {
              environment = Maze()
              reward = Size()
              objective = tb
            }
            """,
        right="""
            gfs 1.0
            environment Maze(n: int[1..99] = 40) {
              state { x: array[n] of int[0..3] = 0 }
              action step(i in index(x)) when (x[i] ^ 2 + 3 * i) % 7 != 4 { x[i] += 1 }
              stop
              scope { n = 4 }
            }
            reward Size() for Maze { R = 1 + sum(x) }
            experiment e {
              environment = Maze()
              reward = Size()
              objective = tb
            }
            """,
    ),
    Code(
        code="GFS351",
        title="enumeration limit reached",
        severity=Severity.NOTE,
        explanation="The scope has more than `compile.scope_limit` states; the obligations were "
        "sampled instead of enumerated.",
        wrong="""
            gfs 1.0
            environment Lights(n: int[1..99] = 40) {
              state { on: array[n] of bool }
              action light(i in index(on)) when i == 0 or not on[i - 1] { on[i] = true }
              stop
              scope { n = 30 }
            }
            """,
        right="""
            gfs 1.0
            environment Lights(n: int[1..99] = 40) {
              state { on: array[n] of bool }
              action light(i in index(on)) when i == 0 or not on[i - 1] { on[i] = true }
              stop
              scope { n = 4 }
            }
            """,
    ),
    Code(
        code="GFS352",
        title="no scope for a large environment",
        severity=Severity.WARNING,
        explanation="The environment is too large to enumerate and declares no `scope` block with "
        "small parameters at which it can be checked exhaustively.",
        wrong="""
            gfs 1.0
            environment Lights(n: int[1..99] = 40) {
              state { on: set of int[0..n - 1] }
              action light(i in 0..n - 1) when i - 1 not in on and i + 1 not in on { on.add(i) }
              stop
            }
            """,
        right="""
            gfs 1.0
            environment Lights(n: int[1..99] = 40) {
              state { on: set of int[0..n - 1] }
              action light(i in 0..n - 1) when i - 1 not in on and i + 1 not in on { on.add(i) }
              stop
              scope { n = 4 }
            }
            """,
    ),
)
