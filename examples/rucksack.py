"""The rucksack from Python: check, train, measure, sample, and use the environment by itself."""

from pathlib import Path

import gflowspec as gfs

SPEC = Path(__file__).with_name("rucksack.gfs")


def main(trajectories: int = 16_000) -> float:
    """Train and return the exact total variation distance to the target."""
    report = gfs.check(SPEC)
    for title, obligations in report.obligations.items():
        print(title, {name: found["strength"] for name, found in obligations.items()})

    spec = gfs.load(SPEC, overrides={"train.trajectories": trajectories})
    result = gfs.run(gfs.compile(spec), tracker=gfs.NullTracker())
    print(f"{result.outcome}: exact TV {result.exact['tv']:.4f} (floor {result.floor:.4f})")
    for drawn in result.sample(5):
        print(drawn.object, round(drawn.log_reward, 3), " then ".join(drawn.trajectory))

    environment = gfs.environment(SPEC, "Rucksack", reward="Value", params={"capacity": 9})
    table = environment.enumerate(limit=1_000)
    print(f"capacity 9: {len(table.rank)} states, {len(table.parent)} edges")
    return result.exact["tv"]


if __name__ == "__main__":
    main()
