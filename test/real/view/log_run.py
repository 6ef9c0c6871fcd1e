"""Logs a run with Python's own wandb, offline: log_run.py DIR. Prints the run's directory."""
import os, sys
os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"
import numpy as np
import wandb

run = wandb.init(project="python", name="from python", dir=sys.argv[1], config={"lr": 0.1})
names = {0: "background", 1: "cat", 2: "dog"}
print("a line that the program prints")
for step in range(4):
    y, x = np.mgrid[0:6, 0:8]
    pixels = np.stack([x * 30, y * 40, np.full_like(x, step * 7)], -1).astype(np.uint8)
    mask = (x // 3).astype(np.uint8)
    boxes = {"predictions": {"box_data": [{"position": {"minX": 1, "minY": 1, "maxX": 5, "maxY": 4}, "domain": "pixel",
                                           "class_id": 1, "scores": {"confidence": 0.5}}], "class_labels": names}}
    masks = {"truth": {"mask_data": mask, "class_labels": names}}
    run.log({"loss": 1 / (step + 1), "val/pred": wandb.Image(pixels, caption=f"step {step}", boxes=boxes, masks=masks),
             "examples": [wandb.Image(pixels), wandb.Image(255 - pixels, caption="negative")]})
print(run.dir, file=sys.stderr)
run.finish()
