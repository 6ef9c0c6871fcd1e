"""A run of W&B's own client, as the calls in runs.mjs `same` log it, and what only Python's client writes.

usage: log_run.py MODE DIR ID
"""
import sys

import numpy as np
import wandb

mode, directory, run_id = sys.argv[1:]
run = wandb.init(
    mode=mode,
    dir=directory,
    id=run_id,
    project="cats & dogs",
    name="same",
    notes="two\nlines",
    tags=["a", "b c"],
    group="g",
    job_type="eval",
    config={"lr": 0.1, "nested": {"a": 1, "b": [1, 2, {"c": None}]}, "dotted.key": "x"},
)
run.define_metric("val/step")
run.define_metric("val/*", step_metric="val/step")
run.define_metric("loss", summary="min")
pixels = lambda seed: ((np.arange(8 * 8 * 3) * 7 + seed * 31) & 255).astype(np.uint8).reshape(8, 8, 3)
for i in range(5):
    run.log({"loss": 1 / (i + 1), "pic": wandb.Image(pixels(i), caption=f"no. {i}"), "nested": {"deep": {"i": i}}})
run.log({"list": [wandb.Image(pixels(10)), wandb.Image(pixels(11))], "nan": float("nan"), "inf": float("inf"), "big": 2**62})
boxes = {"gt": {"box_data": [{"position": {"minX": 1, "maxX": 5, "minY": 2, "maxY": 6}, "class_id": 1, "domain": "pixel"}], "class_labels": {1: "car"}}}
masks = {"gt": {"mask_data": np.eye(8, dtype=np.uint8), "class_labels": {0: "road", 1: "sky"}}}
run.log({"det": wandb.Image(pixels(20), boxes=boxes, masks=masks)})
run.log({"val/step": 3, "val/acc": 0.5})
print("hello from stdout")
print("25 %\r50 %\r100 %", file=sys.stderr)
run.config.update({"late": 5})
run.summary["best"] = 0.25
run.finish(exit_code=3)
