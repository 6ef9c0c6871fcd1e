"""The calls of runs.mjs `same`, by W&B's own client: log_same.py MODE DIR"""
import sys

import wandb

mode, directory = sys.argv[1:]
quiet = wandb.Settings(console="off", x_disable_stats=True, x_disable_meta=True)
run = wandb.init(mode=mode, dir=directory, id="same1", project="cats & dogs", name="same", notes="two\nlines", tags=["a"], group="g", job_type="eval", config={"lr": 0.1, "nested": {"a": 1, "b": [1, 2]}}, settings=quiet)
for i in range(10):
    run.log({"loss": 1 / (i + 1), "nested": {"deep": {"i": i}}, "text": f"row {i}"})
run.log({"nan": float("nan"), "inf": float("inf"), "big": 2**53 + 1, "list": [[1], []], "none": None})
run.log({"late": 1}, step=20)
run.config.update({"late": 5})
run.summary["best"] = 0.25
run.finish(exit_code=3)
